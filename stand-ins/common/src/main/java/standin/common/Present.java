package standin.common;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/** The client of a store, if the deployment connects this service to one. */
public final class Present {

  private Present() {}

  /** The client, or an answer with 501. */
  public static <T> T require(ObjectProvider<T> client, String name) {
    T present = client.getIfAvailable();
    if (present == null) throw missing(name);
    return present;
  }

  /** The answer of a service to what it has no connection for. */
  public static ResponseStatusException missing(String name) {
    return new ResponseStatusException(HttpStatus.NOT_IMPLEMENTED, "no connection to " + name);
  }
}
