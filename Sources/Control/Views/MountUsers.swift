internal import Posix

/// Who has something open below a mountpoint, as far as this process may see.
package enum MountUsers {
  /// A process.
  package struct User: Sendable, Hashable {
    /// Its id.
    package let process: Int32
    /// The name of its program.
    package let command: String
  }

  /// Up to `limit` processes that have a file or directory open below `mountpoint`, work in it, or run a program of it.
  package static func of(_ mountpoint: String, limit: Int = 3) -> [User] {
    var users: [User] = []
    for name in (try? FileCalls.names("/proc")) ?? [] where users.count < limit {
      guard let process = Int32(name) else { continue }
      let links = ["cwd", "root", "exe"] + ((try? FileCalls.names("/proc/\(process)/fd")) ?? []).map { "fd/\($0)" }
      let isUser = links.contains { link in
        guard let target = try? FileCalls.linkTarget("/proc/\(process)/\(link)") else { return false }
        return target == mountpoint || target.hasPrefix(mountpoint + "/")
      }
      guard isUser else { continue }
      let command = (try? FileCalls.contents("/proc/\(process)/comm")) ?? Array("?\n".utf8)
      users.append(User(process: process, command: String(decoding: command.dropLast(), as: UTF8.self)))
    }
    return users
  }
}
