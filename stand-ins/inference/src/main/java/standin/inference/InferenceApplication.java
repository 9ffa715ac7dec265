package standin.inference;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A model server without a model: it takes the time it is told to take, and has the metric that its scaling reads. */
@SpringBootApplication(scanBasePackages = "standin")
public class InferenceApplication {

  public static void main(String[] arguments) {
    SpringApplication.run(InferenceApplication.class, arguments);
  }
}
