internal import Commands
internal import Control
internal import Glibc
internal import Posix
internal import SystemPackage

/// The pipe through which a server in the background tells the command that started it how the mount went.
struct ReadyPipe {
  private struct Message: Codable {
    var line: String
    /// nil where the view serves.
    var failure: ExitStatus?
  }

  private static let option = "--ready-descriptor"

  /// The end to write to, in the server.
  let descriptor: CInt

  init(descriptor: CInt) {
    self.descriptor = descriptor
    // Inherited from the command, but not to be passed on.
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// Starts this command again as a server, in a session of its own, and waits until it serves. Returns its line.
  ///
  /// `source` is the whole of what the arguments may have a part of.
  static func startServer(for source: String) throws -> String {
    var pipe = try Pipe()
    let arguments = ["/proc/self/exe"] + CommandLine.arguments.dropFirst() + [option, "\(pipe.writeEnd)"]
    // The server's standard streams are its log, as soon as it knows where that is.
    let process = try Subprocess.spawn(
      arguments, output: nil, errors: nil, inherited: pipe.writeEnd, newSession: true,
      setting: HiddenSource.environment(of: source))
    try pipe.closeWriteEnd()
    let bytes = try pipe.readToEnd()
    guard let message = try? JSON.decode(Message.self, from: bytes) else {
      let code = try Subprocess.wait(for: process)
      throw CommandFailure(.inputOutput, "the server ended with code \(code) before the view served")
    }
    if let failure = message.failure { throw CommandFailure(failure, message.line) }
    return message.line
  }

  /// Says that the view serves. Throws where nobody waits any more: then nobody wants the view either.
  func reportReady(_ line: String) throws {
    try send(Message(line: line, failure: nil))
  }

  /// Says why there is no view.
  func report(_ failure: CommandFailure) {
    // Where nobody waits, nobody reads it.
    try? send(Message(line: failure.message, failure: failure.status))
  }

  private func send(_ message: Message) throws {
    do {
      try FileCalls.writeAll(descriptor, try JSON.encode(message))
    } catch {
      throw CommandFailure(.inputOutput, "the command that started this server has gone: \(error)")
    }
    close(descriptor)
  }
}
