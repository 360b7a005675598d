internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

extension Caller {
  /// The process that the thread belongs to, and the thread's name; the thread itself and `?` where it has gone. Reads a
  /// file of /proc: about 10 µs.
  var process: (id: UInt32, command: String) {
    if thread == 0 { return (0, "kernel") }
    guard let status = try? FileCalls.contents("/proc/\(thread)/status") else { return (thread, "?") }
    func value(_ field: StaticString) -> String? {
      // Both stand in the first lines.
      for line in status.prefix(512).split(separator: UInt8(ascii: "\n"), maxSplits: 8) {
        let isIt = field.withUTF8Buffer { line.starts(with: $0) }
        if isIt { return String(decoding: line.dropFirst(field.utf8CodeUnitCount), as: UTF8.self) }
      }
      return nil
    }
    return (value("Tgid:\t").flatMap { UInt32($0) } ?? thread, value("Name:\t") ?? "?")
  }
}

/// Who an operation is for, asked for once, when the first observer wants to know: later the process may be gone, or run
/// another program.
final class CallerIdentity: Sendable {
  let caller: Caller
  // A leaf lock, held while a file of /proc is read.
  private let known = Mutex<OperationCaller?>(nil)

  init(_ caller: Caller) {
    self.caller = caller
  }

  /// What observers are told of the caller.
  var described: OperationCaller {
    known.withLock { known in
      if let known { return known }
      let (process, command) = caller.process
      let found = OperationCaller(
        process: process, user: caller.owner.user, group: caller.owner.group, command: command)
      known = found
      return found
    }
  }
}
