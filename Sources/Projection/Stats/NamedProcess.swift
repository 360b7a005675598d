internal import Posix

/// A process as statistics name it, with the program that its session began with: "it was the editor".
package struct NamedProcess: Sendable, Hashable {
  /// The process id in the server's PID namespace; 0 for the kernel itself.
  package let process: UInt32
  /// The program's name, as ps(1) shows it: at most 15 bytes; `?` where the process has gone.
  package let command: String
  /// The process that leads its session; nil where it is in another PID namespace, or not known.
  package let session: UInt32?
  /// That one's name; nil where it has gone.
  package let sessionCommand: String?
  /// When the process started, in the kernel's ticks: an id is given out again.
  let started: UInt64

  /// A process that is not known any further.
  package init(process: UInt32, command: String = "?") {
    self.init(process: process, command: command, session: nil, sessionCommand: nil, started: 0)
  }

  /// A process.
  package init(process: UInt32, command: String, session: UInt32?, sessionCommand: String?, started: UInt64 = 0) {
    self.process = process
    self.command = command
    self.session = session
    self.sessionCommand = sessionCommand
    self.started = started
  }

  /// The process that a thread belongs to; nil where it has gone. Reads two to four files of /proc: about 30 µs.
  static func find(_ caller: Caller) -> NamedProcess? {
    if caller.thread == 0 { return NamedProcess(process: 0, command: "kernel") }
    let (process, _) = caller.process
    guard let stat = ProcessStat(of: process), let session = stat.session, let started = stat.started
    else { return nil }
    let leader = session == 0 ? nil : session
    let leaderCommand = leader == process ? stat.command : leader.flatMap(Self.command)
    return NamedProcess(
      process: process, command: stat.command, session: leader, sessionCommand: leaderCommand, started: started)
  }

  private static func command(of process: UInt32) -> String? {
    (try? FileCalls.contents("/proc/\(process)/comm")).map { name in
      String(decoding: name.last == UInt8(ascii: "\n") ? name.dropLast() : name[...], as: UTF8.self)
    }
  }
}
