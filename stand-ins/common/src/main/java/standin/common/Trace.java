package standin.common;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import org.springframework.stereotype.Component;

/** The trace of the work at hand. */
@Component
public class Trace {

  private final Tracer tracer;

  Trace(Tracer tracer) {
    this.tracer = tracer;
  }

  /** Its id, or the empty text outside a trace. */
  public String id() {
    Span span = tracer.currentSpan();
    return span == null ? "" : span.context().traceId();
  }
}
