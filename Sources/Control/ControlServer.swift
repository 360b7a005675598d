internal import Glibc
package import Posix
package import SystemPackage

/// Answers commands on a view's socket, each connection on a thread of its own.
package final class ControlServer: Sendable {
  private let listener: OwnedDescriptor
  private let allowedUsers: Set<UInt32>
  private let answer: @Sendable (ControlRequest, ControlPeer) -> ControlReply
  private let fsmonitor: @Sendable (FsmonitorQuestion) -> [UInt8]
  private let follow: @Sendable (TraceQuestion, borrowing OwnedDescriptor) -> Void

  /// Listens in `stateDirectory`, and answers root, this process's user and `owner` by `answer`; git's hook is answered by
  /// `fsmonitor`, and who wants to follow what happens by `follow`, which sends the reply and what comes after it itself.
  ///
  /// The caller holds the view's lock, so a socket that is there is a dead server's.
  package init(
    in stateDirectory: borrowing OwnedDescriptor, owner: FileOwner,
    answer: @escaping @Sendable (ControlRequest, ControlPeer) -> ControlReply,
    fsmonitor: @escaping @Sendable (FsmonitorQuestion) -> [UInt8] = { _ in [] },
    follow: @escaping @Sendable (TraceQuestion, borrowing OwnedDescriptor) -> Void = { _, _ in }
  ) throws(Errno) {
    self.answer = answer
    self.follow = follow
    self.fsmonitor = fsmonitor
    allowedUsers = [0, geteuid(), owner.user]
    do {
      try FileCalls.remove(at: stateDirectory.rawValue, ControlSocket.name)
    } catch .noSuchFileOrDirectory {
      // The usual case.
    }
    listener = try Sockets.make()
    try Sockets.listen(listener, at: ControlSocket.path(in: stateDirectory))
    if owner.user != geteuid() {
      try FileCalls.retrying {
        fchownat(stateDirectory.rawValue, ControlSocket.name, owner.user, owner.group, AT_SYMLINK_NOFOLLOW)
      }
    }
    // Who may ask is decided by the peer's identity, not by the socket's mode.
    try FileCalls.retrying { fchmodat(stateDirectory.rawValue, ControlSocket.name, 0o666, 0) }
  }

  /// Starts answering, until the process ends.
  package func start() {
    Threads.start("control") { [self] in
      while true {
        do throws(Errno) {
          let number = try Sockets.accept(listener).release()
          Threads.start("control client") { [self] in serve(OwnedDescriptor(rawValue: number)) }
        } catch {
          // The client gave up before it was served, or descriptors are short for now; anything else is the end.
          guard error == .connectionAbort || error == .tooManyOpenFiles else { return }
        }
      }
    }
  }

  private func serve(_ connection: consuming OwnedDescriptor) {
    let isAllowed = isAllowed(connection)
    let line = isAllowed ? try? ControlSocket.readLine(connection) : nil
    if let question = line.flatMap(FsmonitorQuestion.init) {
      // The hook has no use for an answer that is no answer: without one it fails, and git looks for itself.
      let answer = fsmonitor(question)
      if !answer.isEmpty { try? Sockets.sendAll(connection.rawValue, FsmonitorQuestion.framed(answer)) }
      return
    }
    let reply: ControlReply
    if !isAllowed {
      reply = ControlReply(isDenied: true)
    } else if let line,
      let version = try? JSON.decode(ControlRequest.Version.self, from: line).version
    {
      // The version before everything else: what a newer client asks may make no sense here.
      if version > ControlRequest.currentVersion {
        reply = Self.otherVersion("the view's server is older than this command")
      } else if let request = try? JSON.decode(ControlRequest.self, from: line) {
        if request.action == .trace { return follow(request.trace ?? TraceQuestion(), connection) }
        reply = answer(request, ControlPeer(descriptor: connection.rawValue))
      } else {
        reply = Self.notUnderstood
      }
    } else {
      reply = Self.notUnderstood
    }
    // A client that has gone needs no answer.
    if let encoded = try? JSON.encode(reply) { try? ControlSocket.writeLine(encoded, to: connection) }
  }

  private static var notUnderstood: ControlReply { otherVersion("the view's server does not understand this command") }

  private static func otherVersion(_ reason: String) -> ControlReply {
    var reply = ControlReply(error: "\(reason); unmount the view and mount it again, so that both are of one version")
    reply.isOtherVersion = true
    return reply
  }

  private func isAllowed(_ connection: borrowing OwnedDescriptor) -> Bool {
    guard let user = try? Sockets.peerUser(connection) else { return false }
    return allowedUsers.contains(user)
  }
}

/// Who asked, while the answer is being found.
package struct ControlPeer: Sendable {
  fileprivate let descriptor: CInt

  /// Sends how far the answer has come. False where nobody waits for it any more.
  package func tell(_ progress: ControlReply) -> Bool {
    guard let encoded = try? JSON.encode(progress) else { return true }
    do throws(Errno) {
      try Sockets.sendAll(descriptor, encoded + [UInt8(ascii: "\n")])
      return true
    } catch {
      return false
    }
  }
}
