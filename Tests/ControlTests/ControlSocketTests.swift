import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@testable import Control

@Suite struct ControlSocketTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// A server that answers each question in a way of its own; returns its state directory.
  private func serve(in path: String) throws -> String {
    let state = try StateDirectory(making: path, owner: nil)
    let owner = FileOwner(user: geteuid(), group: getegid())
    let server = try ControlServer(in: state.descriptor, owner: owner) { request, _ in
      switch request.action {
      case .stats:
        var report = StatsReport()
        report.memoryBytes = 4711
        report.requests["LOOKUP"] = StatsReport.Request(
          count: 1, errors: 2, latency: .init(p50: 3, p90: 4, p99: 4, max: 5))
        return ControlReply(stats: report)
      case .changes:
        return ControlReply(changes: ChangesReport(token: "projfs:0000000000000001:2", exact: false, paths: []))
      case .status: return ControlReply(error: "no status today")
      case .switchTo: return ControlReply(switched: SwitchReport(.unknown))
      default: return ControlReply()
      }
    }
    server.start()
    // The socket is bound; who knows its directory reaches it for as long as the process lives.
    return path
  }

  /// Sends raw bytes and returns what comes back.
  private func ask(_ bytes: [UInt8], of path: String) throws -> ControlReply {
    let state = try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
    let connection = try Sockets.make()
    try Sockets.connect(connection, to: ControlSocket.path(in: state))
    try ControlSocket.writeLine(bytes, to: connection)
    return try JSON.decode(ControlReply.self, from: try ControlSocket.readLine(connection))
  }

  private func failure(_ action: ControlRequest.Action, of path: String) -> String {
    do {
      _ = try ControlClient.ask(action, of: path)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test("A question is answered, by as many as ask, also where the directory's path is longer than a socket's may be")
  func roundTrip() async throws {
    let long = directory.path + "/" + String(repeating: "long/", count: 50) + "state"
    for path in [directory.path + "/state", long] {
      let served = try serve(in: path)
      try await withThrowingTaskGroup(of: ControlReply.self) { group in
        for _ in 0..<10 { group.addTask { try ControlClient.ask(.stats, of: served) } }
        for try await reply in group {
          #expect(reply.stats?.memoryBytes == 4711)
          #expect(reply.stats?.requests["LOOKUP"]?.p99Us == 4)
          #expect(reply.status == nil && reply.error == nil)
        }
      }
      #expect(try ControlClient.ask(.stop, of: served).stats == nil)
    }
  }

  @Test("What the server refuses is thrown with its words")
  func refusal() throws {
    let path = try serve(in: directory.path + "/state")
    #expect(failure(.status, of: path) == "refused(\"no status today\")")
  }

  @Test("A command of a newer version is told so, also where it asks for what this server has never heard of")
  func newerVersion() throws {
    let path = try serve(in: directory.path + "/state")
    var request = ControlRequest(.stats)
    request.version = ControlRequest.currentVersion + 1
    for bytes in [try JSON.encode(request), Array("{\"version\":2,\"action\":\"settle\"}".utf8)] {
      let reply = try ask(bytes, of: path)
      #expect(reply.error?.hasPrefix("the view's server is older than this command; unmount the view") == true)
      #expect(reply.isOtherVersion == true)
    }
  }

  @Test(
    "A line that is no question is answered, and the next question too",
    arguments: ["", "garbage", "{}", "[]", "{\"version\":1}", "{\"version\":1,\"action\":\"dance\"}", "\u{0}\u{ff}"])
  func garbage(line: String) throws {
    let path = try serve(in: directory.path + "/state")
    let reply = try ask(Array(line.utf8), of: path)
    #expect(reply.error?.hasPrefix("the view's server does not understand this command; unmount the view") == true)
    #expect(reply.isOtherVersion == true)
    #expect(try ask(try JSON.encode(ControlRequest(.stats)), of: path).stats?.memoryBytes == 4711)
  }

  @Test("A client that leaves without asking harms nobody")
  func silentClient() throws {
    let path = try serve(in: directory.path + "/state")
    for _ in 0..<5 {
      let state = try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
      let connection = try Sockets.make()
      try Sockets.connect(connection, to: ControlSocket.path(in: state))
      try connection.close()
    }
    #expect(try ControlClient.ask(.stats, of: path).stats?.memoryBytes == 4711)
  }

  @Test("Without a server there is none: no directory, no socket, or a dead server's socket")
  func notRunning() throws {
    #expect(failure(.status, of: directory.path + "/missing") == "notRunning")
    let path = directory.path + "/state"
    let state = try StateDirectory(making: path, owner: nil)
    #expect(failure(.status, of: path) == "notRunning")
    do {
      let dead = try Sockets.make()
      try Sockets.listen(dead, at: ControlSocket.path(in: state.descriptor))
    }
    #expect(failure(.status, of: path) == "notRunning")
    // The next server takes the dead one's place.
    #expect(try ControlClient.ask(.stats, of: serve(in: path)).stats != nil)
  }
}
