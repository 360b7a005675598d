internal import Glibc
internal import Posix
package import SystemPackage

/// Where this user's views keep their state: one small file a view under `$XDG_STATE_HOME/projfs/views`.
///
/// Only a list of pointers. What a view is stands in its state directory, and what is mounted the kernel knows.
package struct ViewRegistry: Sendable {
  /// One view.
  package struct Entry: Codable, Sendable, Hashable {
    /// Where it is mounted, or was.
    package var mountpoint: String
    /// Its state directory.
    package var state: String

    /// A view.
    package init(mountpoint: String, state: String) {
      self.mountpoint = mountpoint
      self.state = state
    }
  }

  /// `$XDG_STATE_HOME/projfs`, where state goes that has no better place.
  package let directory: String

  private var views: String { directory + "/views" }

  /// The registry of the calling user, as the environment has it: `variable` gives a variable's value.
  package init(_ variable: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }) {
    func environment(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
    let home = environment("HOME") ?? getpwuid(geteuid()).map { String(cString: $0.pointee.pw_dir) } ?? "/"
    // The XDG Base Directory Specification: a path that is not absolute is to be ignored.
    let base = environment("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.local/state"
    directory = base + "/projfs"
  }

  /// All views, by mountpoint.
  package func entries() -> [Entry] {
    guard let names = try? FileCalls.names(views) else { return [] }
    return names.filter { $0.hasSuffix(".json") }.compactMap { name in
      guard let bytes = try? FileCalls.contents("\(views)/\(name)") else { return nil }
      return try? JSON.decode(Entry.self, from: bytes)
    }.sorted { $0.mountpoint < $1.mountpoint }
  }

  /// The view of `mountpoint`.
  package func entry(for mountpoint: String) -> Entry? {
    entries().first { $0.mountpoint == mountpoint }
  }

  /// Adds a view, in the place of an earlier one at the same mountpoint.
  package func add(_ entry: Entry) throws(Errno) {
    let directory = try Directories.make(views)
    guard let bytes = try? JSON.encode(entry) else { throw .invalidArgument }
    let name = Self.fileName(entry.mountpoint)
    try FileCalls.replace(at: directory.rawValue, name, with: bytes, mode: 0o600)
  }

  /// Forgets the view of `mountpoint`.
  package func remove(_ mountpoint: String) throws(Errno) {
    do {
      try FileCalls.remove("\(views)/\(Self.fileName(mountpoint))")
    } catch .noSuchFileOrDirectory {
      return
    }
  }

  private static func fileName(_ mountpoint: String) -> String { viewName(mountpoint) + ".json" }

  /// A file name for the view of a mountpoint: its last part for people, and a hash of the whole.
  package static func viewName(_ mountpoint: String) -> String {
    let hash = mountpoint.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    let last = mountpoint.split(separator: "/").last.map(String.init) ?? "root"
    let safe = last.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "-" }
    return String(safe.prefix(40)) + "-" + String(repeating: "0", count: 16 - digits.count) + digits
  }
}
