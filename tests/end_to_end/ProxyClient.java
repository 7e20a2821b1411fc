import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Gets one URL through the proxy and prints the answer: port, URL, key. */
public class ProxyClient {
  public static void main(String[] args) throws Exception {
    InetSocketAddress proxy = new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0]));
    HttpClient client = HttpClient.newBuilder().proxy(ProxySelector.of(proxy)).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(args[1])).header("x-api-key", args[2]).build();
    System.out.print(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }
}
