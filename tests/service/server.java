import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/** Answers each request out of a heap of garbage: "new" if the patched function is. */
class Server {
	public static void main(String[] words) throws Exception {
		var server = HttpServer.create(new InetSocketAddress(
			InetAddress.getLoopbackAddress(), Integer.parseInt(words[0])), 64);
		server.setExecutor(Executors.newFixedThreadPool(8));
		server.createContext("/", exchange -> {
			var garbage = new byte[64][];
			for (int i = 0; i < garbage.length; i++)
				garbage[i] = new byte[10000];
			var answer = new File("/").getFreeSpace() == 42 ? "new" : "old";
			exchange.sendResponseHeaders(200, answer.length());
			exchange.getResponseBody().write(answer.getBytes());
			exchange.close();
		});
		server.start();
	}
}
