import Control
import Glibc
import Posix
import TestSupport
import Testing

@testable import Commands

/// What a command says of a view whose server is of another version.
@Suite struct OtherVersionTests {
  /// Asks a server that answers one question with one line; returns why that is no answer.
  private func failure(_ answer: String, asking ask: (ViewLocator.Found) throws -> Void) throws -> CommandFailure? {
    let state = try TemporaryDirectory()
    let socket = try Sockets.make()
    try Sockets.listen(socket, at: state.path + "/control.sock")
    let number = socket.release()
    Threads.start("other version") {
      guard let client = try? Sockets.accept(OwnedDescriptor(rawValue: number)) else { return }
      var byte: UInt8 = 0
      while (try? FileCalls.retrying { read(client.rawValue, &byte, 1) }) == 1, byte != UInt8(ascii: "\n") {}
      try? Sockets.sendAll(client.rawValue, Array("\(answer)\n".utf8))
    }
    do {
      try ask(ViewLocator.Found(mountpoint: "/some/view", state: state.path, isMounted: true))
      return nil
    } catch let failure as CommandFailure {
      return failure
    }
  }

  @Test(
    "An answer that makes no sense, and a question that made none, end with what to do",
    arguments: [
      // Statistics in other words, nothing of what was asked for, and no answer at all.
      #"{"stats":{"numbers":1}}"#, "{}", #"{"status":{"mountpoint":"/"}}"#, "garbage",
      // As a server says it that does not know the question.
      #"{"error":"the view's server is older than this command; …","is_other_version":true}"#,
    ])
  func remedy(answer: String) throws {
    let said = try failure(answer) { _ = try StatsCommand.ask(StatsQuestion(), of: $0) }
    #expect(said?.status == .inputOutput)
    #expect(said?.message.contains("different versions") == true, "\(said?.message ?? "nothing")")
    #expect(said?.message.contains("'projfs unmount /some/view' and then 'projfs mount /some/view'") == true)
    let followed = try failure(answer.contains("other_version") ? answer : "garbage") {
      _ = try ViewLocator.follow(TraceQuestion(), of: $0)
    }
    #expect(followed?.message == said?.message)
  }

  @Test("What a server refuses in words that are known stays as it is")
  func refusal() throws {
    let said = try failure(#"{"error":"not today"}"#) { _ = try StatsCommand.ask(StatsQuestion(), of: $0) }
    #expect(said?.status == .inputOutput && said?.message == "'/some/view': not today")
  }
}
