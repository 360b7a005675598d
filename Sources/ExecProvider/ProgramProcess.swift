internal import Glibc
internal import Posix
internal import SystemPackage

/// One run of a program: its process group, and our ends of its standard streams, which do not block.
///
/// Ended by `reap`, which leaves no process of its group and no zombie.
struct ProgramProcess: ~Copyable {
  private let process: pid_t
  private var input: OwnedDescriptor?
  private var output: Pipe?
  private var errors: Pipe?
  /// Readable when the program has ended; nil where the kernel has no such thing.
  private let watch: OwnedDescriptor?

  /// Starts `command` in a shell, in a session of its own, with `source` as its last argument.
  init(command: String, source: String) throws(Errno) {
    var input = try Pipe()
    var output = try Pipe()
    var errors = try Pipe()
    try FileCalls.setNonblocking(input.writeEnd)
    try FileCalls.setNonblocking(output.readEnd)
    try FileCalls.setNonblocking(errors.readEnd)
    // The shell outlives SIGTERM, which the whole group gets: it ends when what it has started has, and not before.
    process = try Subprocess.spawn(
      ["sh", "-c", "trap : TERM; " + command + " \"$@\"", "sh", source], input: input.readEnd, output: output.writeEnd,
      errors: errors.writeEnd, newSession: true, isAlone: true)
    try? output.closeWriteEnd()
    try? errors.closeWriteEnd()
    self.input = input.takeWriteEnd()
    self.output = consume output
    self.errors = consume errors
    watch = Subprocess.watch(process)
  }

  /// What we write to, or -1 after it was closed.
  var inputDescriptor: CInt {
    switch input {
    case .some(let input): input.rawValue
    case .none: -1
    }
  }

  /// What it writes its answers to, or -1 after it was closed.
  var outputDescriptor: CInt {
    switch output {
    case .some(let output): output.readEnd
    case .none: -1
    }
  }

  /// What it complains on, or -1 after it was closed.
  var errorDescriptor: CInt {
    switch errors {
    case .some(let errors): errors.readEnd
    case .none: -1
    }
  }

  /// Becomes readable when it has ended; -1 where the kernel does not say it.
  var watchDescriptor: CInt {
    switch watch {
    case .some(let watch): watch.rawValue
    case .none: -1
    }
  }

  /// Whether it has ended. It stays a zombie until `reap`, so its number is nobody else's.
  var hasEnded: Bool {
    var information = siginfo_t()
    return waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT | WNOHANG) == 0 && information.si_signo != 0
  }

  /// Lets it see the end of its input.
  mutating func closeInput() { input = nil }

  /// Gives up what has come to its end.
  mutating func closeOutput() { output = nil }

  /// Gives up what has come to its end.
  mutating func closeErrors() { errors = nil }

  /// Signals it and what it has started, as long as that is in its group.
  func signal(_ number: CInt) { kill(-process, number) }

  /// Kills what is left of its group and takes its exit code: 128 + the signal's number where one ended it.
  consuming func reap() -> CInt {
    signal(SIGKILL)
    return (try? Subprocess.wait(for: process)) ?? 0
  }
}
