internal import Glibc
internal import Posix
package import SystemPackage

/// Why a view gave no answer.
package enum ControlError: Error, Sendable {
  /// No server listens.
  case notRunning
  /// The view is another user's.
  case denied
  /// The view is in use.
  case busy
  /// Views of this kind never can.
  case unsupported(String)
  /// What was asked for does not exist.
  case missing(String)
  /// The server cannot.
  case refused(String)
  /// One of the two has not understood the other: they are of different versions.
  case otherVersion
  /// The connection failed.
  case failed(Errno)
}

/// Asks running views.
package enum ControlClient {
  /// Asks the view whose state lies in `stateDirectory`. Blocks until it answers.
  package static func ask(
    _ action: ControlRequest.Action, token: String? = nil, of stateDirectory: String
  ) throws(ControlError) -> ControlReply {
    try ask(ControlRequest(action, token: token), of: stateDirectory)
  }

  /// The same with a whole question. With a `timeout`, in seconds, who does not answer until then has `failed`.
  ///
  /// `progress` is called with what the server says before its answer, if it says something.
  package static func ask(
    _ request: ControlRequest, of stateDirectory: String, timeout: Int? = nil,
    progress: (ControlReply) -> Void = { _ in }
  ) throws(ControlError) -> ControlReply {
    let line = try attempt { () throws(Errno) in
      let connection = try send(request, to: stateDirectory, timeout: timeout)
      var rest: [UInt8] = []
      while true {
        let line = try ControlSocket.readLine(connection, &rest)
        guard let reply = try? JSON.decode(ControlReply.self, from: line), reply.isUnderWay == true else { return line }
        progress(reply)
      }
    }
    return try reply(line)
  }

  /// Follows what happens in the view. Blocks until it answers.
  package static func follow(
    _ question: TraceQuestion, of stateDirectory: String
  ) throws(ControlError) -> FollowedView {
    var request = ControlRequest(.trace)
    request.trace = question
    let view = try attempt { () throws(Errno) in try FollowedView(try send(request, to: stateDirectory)) }
    _ = try reply(view.reply)
    return view
  }

  private static func send(
    _ request: ControlRequest, to stateDirectory: String, timeout: Int? = nil
  ) throws(Errno) -> OwnedDescriptor {
    let directory = try FileCalls.open(stateDirectory, O_RDONLY | O_DIRECTORY)
    let connection = try Sockets.make()
    if let timeout { try Sockets.limitWaiting(connection, seconds: timeout) }
    try Sockets.connect(connection, to: ControlSocket.path(in: directory))
    guard let line = try? JSON.encode(request) else { throw Errno.invalidArgument }
    try ControlSocket.writeLine(line, to: connection)
    return connection
  }

  private static func attempt<Result: ~Copyable>(
    _ body: () throws(Errno) -> Result
  ) throws(ControlError) -> Result {
    do throws(Errno) {
      return try body()
    } catch {
      switch error {
      case .noSuchFileOrDirectory, .connectionRefused, .connectionReset, .brokenPipe: throw .notRunning
      case .permissionDenied: throw .denied
      default: throw .failed(error)
      }
    }
  }

  private static func reply(_ line: [UInt8]) throws(ControlError) -> ControlReply {
    // A stopping server may end before it answers.
    if line.isEmpty { throw .notRunning }
    guard let reply = try? JSON.decode(ControlReply.self, from: line), reply.isOtherVersion != true else {
      throw .otherVersion
    }
    if reply.isDenied == true { throw .denied }
    if reply.isBusy == true { throw .busy }
    if let error = reply.error, reply.isUnsupported == true { throw .unsupported(error) }
    if let error = reply.error, reply.isMissing == true { throw .missing(error) }
    if let error = reply.error { throw .refused(error) }
    return reply
  }
}
