internal import Glibc
internal import Posix
package import SystemPackage

/// A connection over which a view says what happens, as lines.
package struct FollowedView: ~Copyable {
  private let connection: OwnedDescriptor
  /// What has come of a line that is not complete.
  private var rest: [UInt8] = []
  /// What was answered to the question; empty where the other side has gone.
  private(set) var reply: [UInt8] = []

  /// Waits for the answer.
  init(_ connection: consuming OwnedDescriptor) throws(Errno) {
    self.connection = connection
    while !rest.contains(UInt8(ascii: "\n")), try fill() {}
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return }
    reply = Array(rest[..<end])
    rest.removeSubrange(...end)
  }

  /// Readable when there is something to read.
  package var rawValue: CInt { connection.rawValue }

  /// The lines that have come, those that are complete; nil at the end. Waits for something to come.
  package mutating func read() throws(Errno) -> [TraceLine]? {
    guard let lines = try readLines() else { return nil }
    return lines.compactMap { try? JSON.decode(TraceLine.self, from: $0) }
  }

  private mutating func readLines() throws(Errno) -> [ArraySlice<UInt8>]? {
    if !rest.contains(UInt8(ascii: "\n")) {
      guard try fill() else { return nil }
    }
    guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let lines = rest[..<end].split(separator: UInt8(ascii: "\n"))
    rest = Array(rest[(end + 1)...])
    return lines
  }

  private mutating func fill() throws(Errno) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    let count: Int
    do throws(Errno) {
      count = try FileCalls.retrying { Glibc.read(connection.rawValue, &chunk, chunk.count) }
    } catch .connectionReset {
      return false
    }
    rest += chunk[..<count]
    return count > 0
  }
}
