package standin.gateway;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** A line for each request that has a route, with its trace. */
@Component
class AccessLog implements GlobalFilter {

  private static final Logger log = LoggerFactory.getLogger(AccessLog.class);

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
    ServerHttpRequest request = exchange.getRequest();
    String asked = request.getMethod() + " " + request.getURI().getRawPath();
    return chain
        .filter(exchange)
        .then(Mono.fromRunnable(() -> log.info("{}: {}", asked, exchange.getResponse().getStatusCode())));
  }
}
