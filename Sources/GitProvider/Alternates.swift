internal import Posix

/// The object directories that a repository reads from: its own, then those it borrows from
/// (`info/alternates`, gitrepository-layout(5)).
enum Alternates {
  /// As git has it: deeper chains are ignored.
  private static let deepest = 5

  /// `objects` and all it borrows from, each once.
  static func directories(of objects: String) -> [String] {
    var found = [objects]
    follow(objects, depth: 0, into: &found)
    return found
  }

  private static func follow(_ objects: String, depth: Int, into found: inout [String]) {
    guard depth <= deepest, let bytes = try? FileCalls.contents(objects + "/info/alternates") else { return }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
      let path = line.hasPrefix("/") ? String(line) : "\(objects)/\(line)"
      // One that is gone is passed over, as git does with a warning.
      guard let resolved = try? FileCalls.resolve(path), !found.contains(resolved) else { continue }
      found.append(resolved)
      follow(resolved, depth: depth + 1, into: &found)
    }
  }
}
