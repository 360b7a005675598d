internal import Synchronization

/// A web server for tests of which some need one: started when its first URL is asked for.
package final class WebServerOnDemand: Sendable {
  private let directory: String
  private let server = Mutex<WebServer?>(nil)

  /// Of a directory, which need not be there yet.
  package init(serving directory: String) { self.directory = directory }

  /// The URL of a path. Blocks until the server listens.
  package func url(_ path: String) throws -> String { try running.url(path) }

  /// The server, started by now.
  package var running: WebServer {
    get throws {
      try server.withLock { server in
        let running = try server ?? WebServer(serving: directory)
        server = running
        return running
      }
    }
  }
}
