import Glibc
import Posix

/// This process as ps shows it.
enum ProcessIdentity {
  static var own: pid_t { getpid() }

  static var ownCommand: String? {
    guard let name = try? FileCalls.contents("/proc/self/comm") else { return nil }
    return String(decoding: name.dropLast(), as: UTF8.self)
  }
}
