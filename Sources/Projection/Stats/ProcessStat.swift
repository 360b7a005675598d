internal import Posix

/// What proc_pid_stat(5) says of a process, `pid (command) state ppid pgrp session …`: each field is read when it is asked
/// for.
struct ProcessStat {
  /// The name in parentheses, which may have anything in it, parentheses and spaces too.
  let command: String
  /// What stands behind it.
  private let rest: ArraySlice<UInt8>

  /// That of a process; nil where it has gone.
  init?(of process: UInt32) {
    guard let line = try? FileCalls.contents("/proc/\(process)/stat") else { return nil }
    self.init(line: line)
  }

  /// Reads a line; nil where no name stands in it.
  init?(line: [UInt8]) {
    guard let open = line.firstIndex(of: UInt8(ascii: "(")), let close = line.lastIndex(of: UInt8(ascii: ")")),
      open < close
    else { return nil }
    command = String(decoding: line[(open + 1)..<close], as: UTF8.self)
    rest = line[(close + 1)...]
  }

  /// The process group.
  var group: Int32? { field(5) }
  /// The session; 0 where its leader is in another PID namespace.
  var session: UInt32? { field(6) }
  /// When the process started, in the kernel's ticks.
  var started: UInt64? { field(22) }

  /// A field by its number in the manual, in which the state is the third; nil where the line is shorter, or has no number
  /// there.
  private func field<Number: FixedWidthInteger>(_ number: Int) -> Number? {
    let fields = rest.split(separator: UInt8(ascii: " "), maxSplits: number - 2)
    return fields.count > number - 3 ? Number(String(decoding: fields[number - 3], as: UTF8.self)) : nil
  }
}
