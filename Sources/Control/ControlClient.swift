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
  /// The server cannot, or has not understood.
  case refused(String)
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
    var line: [UInt8] = []
    do throws(Errno) {
      let directory = try FileCalls.open(stateDirectory, O_RDONLY | O_DIRECTORY)
      let connection = try Sockets.make()
      if let timeout { try Sockets.limitWaiting(connection, seconds: timeout) }
      try Sockets.connect(connection, to: ControlSocket.path(in: directory))
      guard let request = try? JSON.encode(request) else { throw Errno.invalidArgument }
      try ControlSocket.writeLine(request, to: connection)
      var rest: [UInt8] = []
      while true {
        line = try ControlSocket.readLine(connection, &rest)
        guard let reply = try? JSON.decode(ControlReply.self, from: line), reply.isUnderWay == true else { break }
        progress(reply)
      }
    } catch {
      switch error {
      case .noSuchFileOrDirectory, .connectionRefused, .connectionReset, .brokenPipe: throw .notRunning
      case .permissionDenied: throw .denied
      default: throw .failed(error)
      }
    }
    // A stopping server may end before it answers.
    if line.isEmpty { throw .notRunning }
    guard let reply = try? JSON.decode(ControlReply.self, from: line) else {
      throw .refused("the view's server gave an answer that this command does not understand")
    }
    if reply.isDenied == true { throw .denied }
    if reply.isBusy == true { throw .busy }
    if let error = reply.error, reply.isUnsupported == true { throw .unsupported(error) }
    if let error = reply.error, reply.isMissing == true { throw .missing(error) }
    if let error = reply.error { throw .refused(error) }
    return reply
  }
}
