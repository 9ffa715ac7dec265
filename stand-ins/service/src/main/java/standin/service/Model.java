package standin.service;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.client.HttpComponentsClientHttpRequestFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;

/**
 * The model behind ML_SERVICE_URL. A connection is used for 5 s at most, less than a pod takes to leave its Service: so new pods get
 * requests, and no request meets a pod that has gone.
 */
@Component
class Model {

  private static final ParameterizedTypeReference<Map<String, Double>> ANSWER = new ParameterizedTypeReference<>() {};

  private final String url;
  private final RestClient client;

  Model(@Value("${ML_SERVICE_URL:}") String url, RestClient.Builder builder) {
    this.url = url;
    ConnectionConfig limits =
        ConnectionConfig.custom()
            .setConnectTimeout(2, TimeUnit.SECONDS)
            .setSocketTimeout(10, TimeUnit.SECONDS)
            .setTimeToLive(5, TimeUnit.SECONDS)
            .build();
    var connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setDefaultConnectionConfig(limits)
            .setMaxConnPerRoute(200)
            .setMaxConnTotal(200)
            .build();
    var requests =
        new HttpComponentsClientHttpRequestFactory(HttpClients.custom().setConnectionManager(connections).build());
    requests.setConnectionRequestTimeout(Duration.ofSeconds(2));
    this.client = builder.requestFactory(requests).build();
  }

  boolean available() {
    return !url.isEmpty();
  }

  double score() {
    return client.post().uri(url + "/infer").retrieve().body(ANSWER).get("score");
  }
}
