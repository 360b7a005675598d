internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// Copies a large blob with `git cat-file`, whose memory is not ours and which is killed when nobody waits any more.
enum BlobStream {
  /// Copies a blob of `size` bytes into `sink`.
  static func copy(
    _ content: ContentID, of size: Int64, from repository: GitRepository, into sink: inout ContentSink
  ) async throws {
    let arguments = repository.command(["cat-file", "blob", "\(content)"])
    guard let file = sink.descriptor else { return sink.advance(by: size) }
    let process = StreamingProcess()
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        Threads.start("git cat-file") { continuation.resume(returning: process.run(arguments, output: file.rawValue)) }
      }
    } onCancel: {
      process.stop()
    }
    try Task.checkCancellation()
    let exitCode = try outcome.mapError { ProviderError.system($0, "cannot run git cat-file") }.get()
    let written = lseek(file.rawValue, 0, SEEK_CUR)
    sink.advance(by: Int64(max(0, written)))
    guard exitCode == 0 else {
      // git says "write error" and not which; the file system knows whether it is full.
      if let space = try? FileCalls.spaceStatus(file.rawValue), space.f_bavail == 0 { sink.fail(.noSpace) }
      throw ProviderError.damaged("object \(content): git cat-file ended with \(exitCode)")
    }
  }
}

/// A process that another thread may stop at any time, before it runs too.
private final class StreamingProcess: Sendable {
  private enum State {
    case waiting
    case running(pid_t)
    case ended
  }

  private let state = Mutex(State.waiting)

  /// Runs the program to its end; returns its exit code. A process stopped before ends with 128 + SIGKILL.
  func run(_ arguments: [String], output: CInt) -> Result<CInt, Errno> {
    let started: Result<pid_t?, Errno> = state.withLock { state in
      guard case .waiting = state else { return .success(nil) }
      return Result { () throws(Errno) in
        let process = try Subprocess.spawn(
          arguments, output: output, errors: STDERR_FILENO, hiding: GitRepository.hiddenVariables)
        state = .running(process)
        return process
      }
    }
    return started.flatMap { process in
      guard let process else { return .success(128 + SIGKILL) }
      // Waits without reaping, so that `stop` never signals a process id that was given away.
      var information = siginfo_t()
      while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
      state.withLock { $0 = .ended }
      return Result { () throws(Errno) in try Subprocess.wait(for: process) }
    }
  }

  /// Kills the process, or keeps it from starting.
  func stop() {
    state.withLock { state in
      switch state {
      case .waiting, .ended: state = .ended
      case .running(let process): kill(process, SIGKILL)
      }
    }
  }
}
