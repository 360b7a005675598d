internal import Glibc
internal import Posix
internal import SystemPackage

/// The Unix socket between a view and the commands: one line each way.
enum ControlSocket {
  static let name = "control.sock"

  /// Room for the paths of some million files.
  private static let lineLimit = 256 << 20

  /// The socket's address goes through the state directory's descriptor, so that a long path does not matter.
  static func path(in directory: borrowing OwnedDescriptor) -> String {
    "/proc/self/fd/\(directory.rawValue)/\(name)"
  }

  /// Everything up to a line feed or the end.
  static func readLine(_ connection: borrowing OwnedDescriptor) throws(Errno) -> [UInt8] {
    var rest: [UInt8] = []
    return try readLine(connection, &rest)
  }

  /// The same for several lines: `rest` is what came behind the last one, and nothing at first.
  static func readLine(_ connection: borrowing OwnedDescriptor, _ rest: inout [UInt8]) throws(Errno) -> [UInt8] {
    let feed = UInt8(ascii: "\n")
    if let end = rest.firstIndex(of: feed) {
      defer { rest.removeSubrange(...end) }
      return Array(rest[..<end])
    }
    var line = rest
    rest = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while line.count < lineLimit {
      let count = try FileCalls.retrying { read(connection.rawValue, &chunk, chunk.count) }
      if count == 0 { break }
      guard let end = chunk[..<count].firstIndex(of: feed) else {
        line += chunk[..<count]
        continue
      }
      line += chunk[..<end]
      rest = Array(chunk[(end + 1)..<count])
      break
    }
    return line
  }

  /// Writes a line.
  static func writeLine(_ bytes: [UInt8], to connection: borrowing OwnedDescriptor) throws(Errno) {
    try Sockets.sendAll(connection.rawValue, bytes + [UInt8(ascii: "\n")])
  }
}
