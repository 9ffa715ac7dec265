package standin.gateway;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity.CsrfSpec;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;
import org.springframework.security.web.server.SecurityWebFilterChain;

/** Who may ask what: the kubelet and Prometheus the actuator, which only they reach, everybody else what his token opens. */
@Configuration
@EnableWebFluxSecurity
class Security {

  @Bean
  SecurityWebFilterChain chain(ServerHttpSecurity http, ObjectProvider<ReactiveJwtDecoder> decoder) {
    http.csrf(CsrfSpec::disable)
        .authorizeExchange(all -> all.pathMatchers("/actuator/**").permitAll().anyExchange().authenticated());
    if (decoder.getIfAvailable() != null) http.oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()));
    return http.build();
  }
}
