internal import Glibc
internal import Posix
internal import SystemPackage

/// Runs programs in an environment of the test's own, and gives up on those that hang.
///
/// Output goes to files, not to pipes: nothing has to be drained, and nothing waits for a process left behind.
struct Program {
  /// How a program ended.
  struct Outcome: Sendable {
    let exitCode: CInt
    let output: [UInt8]
    let errors: [UInt8]
  }

  /// The directory of the files that programs write to.
  let directory: String

  /// How long a program may take. Whatever takes longer hangs, and is killed: exit code 137.
  static let patience: Duration = .seconds(120)

  /// Runs a program to its end.
  func run(
    _ arguments: [String], environment: [String], input: String? = nil, output: String? = nil
  ) throws(Errno) -> Outcome {
    let inputPath = directory + "/stdin"
    if let input {
      let file = try FileCalls.open(inputPath, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
      try FileCalls.writeAll(file.rawValue, Array(input.utf8))
    }
    let outputPath = output ?? directory + "/stdout"
    let errorsPath = directory + "/stderr"

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let fresh = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input == nil ? "/dev/null" : inputPath, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, fresh, 0o644)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorsPath, fresh, 0o644)
    // Nobody writes to it; its end is the end of the program.
    var life = try Pipe()
    posix_spawn_file_actions_adddup2(&actions, life.writeEnd, life.writeEnd)

    let process = try spawn(arguments, environment, &actions)
    try life.closeWriteEnd()
    if !hasEnded(life.readEnd) { kill(process, SIGKILL) }
    let exitCode = try Subprocess.wait(for: process)
    return Outcome(
      exitCode: exitCode, output: output == nil ? try FileCalls.contents(outputPath) : [],
      errors: try FileCalls.contents(errorsPath))
  }

  private func spawn(
    _ arguments: [String], _ environment: [String], _ actions: inout posix_spawn_file_actions_t
  ) throws(Errno) -> pid_t {
    var words = arguments.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    guard let program = arguments.first else { throw .invalidArgument }
    var process: pid_t = 0
    let failure = posix_spawnp(&process, program, &actions, nil, &words, &variables)
    if failure != 0 { throw Errno(rawValue: failure) }
    return process
  }

  /// Waits until the other end of a pipe is closed; says whether it was in time.
  private func hasEnded(_ end: CInt) -> Bool {
    let deadline = ContinuousClock.now + Self.patience
    while true {
      let left = (deadline - .now).components.seconds
      if left <= 0 { return false }
      var polled = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
      if poll(&polled, 1, CInt(left * 1000)) > 0 { return true }
    }
  }
}
