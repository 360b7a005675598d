internal import CLinux
internal import Glibc
package import SystemPackage

/// Unix sockets, closed on exec.
package enum Sockets {
  /// A stream socket.
  package static func make() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(
      rawValue: try FileCalls.retrying {
        socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
      })
  }

  /// Waits for the next connection.
  package static func accept(_ listener: borrowing OwnedDescriptor) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(rawValue: try FileCalls.retrying { projfs_accept(listener.rawValue) })
  }

  /// The user at the other end.
  package static func peerUser(_ connection: borrowing OwnedDescriptor) throws(Errno) -> UInt32 {
    var user: UInt32 = 0
    try FileCalls.retrying { projfs_peer_user(connection.rawValue, &user) }
    return user
  }

  /// Gives the socket the name `path` and listens.
  package static func listen(_ socket: borrowing OwnedDescriptor, at path: String) throws(Errno) {
    try FileCalls.retrying { with(path) { bind(socket.rawValue, $0, $1) } }
    try FileCalls.retrying { Glibc.listen(socket.rawValue, 16) }
  }

  /// Connects to the socket named `path`.
  package static func connect(_ socket: borrowing OwnedDescriptor, to path: String) throws(Errno) {
    try FileCalls.retrying { with(path) { Glibc.connect(socket.rawValue, $0, $1) } }
  }

  /// Has what waits for the other side longer than this fail with `wouldBlock`.
  package static func limitWaiting(_ socket: borrowing OwnedDescriptor, seconds: Int) throws(Errno) {
    var time = timeval(tv_sec: time_t(seconds), tv_usec: 0)
    let length = socklen_t(MemoryLayout<timeval>.size)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      try FileCalls.retrying { setsockopt(socket.rawValue, SOL_SOCKET, option, &time, length) }
    }
  }

  /// Sends all bytes; without SIGPIPE where the other side has gone.
  package static func sendAll(_ connection: CInt, _ bytes: [UInt8]) throws(Errno) {
    var sent = 0
    while sent < bytes.count {
      sent += try bytes.withUnsafeBytes { buffer in
        Result { () throws(Errno) in
          try FileCalls.retrying {
            send(connection, buffer.baseAddress.map { $0 + sent }, buffer.count - sent, CInt(MSG_NOSIGNAL))
          }
        }
      }.get()
    }
  }

  /// The address in the form that the C functions take. The kernel takes 107 bytes of path.
  private static func with<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    return withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }
}
