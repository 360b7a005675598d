internal import Glibc
internal import Logging
internal import Posix
internal import Provider
internal import SystemPackage

/// The life of a program, over all its runs, on a thread of its own.
///
/// Starts it again when it has failed: after a wait that doubles, and not more than so often in a span of time. Never ends
/// while the program runs.
struct ProgramLoop: Sendable {
  let command: String
  let source: String
  let limits: ExecLimits
  let logger: Logger
  let mailbox: Mailbox
  let feed: ChangeFeed

  /// Starts the thread. `started` is called once: when the first run has said what it can, or has failed, which ends all.
  func start(_ started: @escaping @Sendable (Result<Hello, ExecError>) -> Void) {
    Threads.start("projfs exec") {
      // Writing to a program that has gone is an error of that write, and nobody else's matter.
      var pipes = sigset_t()
      sigemptyset(&pipes)
      sigaddset(&pipes, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &pipes, nil)
      run(started)
      feed.end()
      mailbox.hasEnded()
    }
  }

  private func run(_ started: (Result<Hello, ExecError>) -> Void) {
    guard let known = first(started) else { return }
    var waiting: [Exchange] = known.waiting
    defer { for exchange in waiting { exchange.finish(.failure(.unavailable("the program was ended"))) } }
    guard let failure = known.failure else { return }
    var end = ProgramSession.End.failed(failure)
    var starts: [ContinuousClock.Instant] = [known.start]
    var backOff = limits.backOff
    while case .failed(let error) = end {
      logger.warning("\(error)")
      let now = ContinuousClock.now
      starts.removeAll { now - $0 > limits.span }
      if starts.isEmpty { backOff = limits.backOff }
      if starts.count >= limits.starts {
        let refusal = ProviderError.unavailable("\(error); it has been started \(starts.count) times in \(limits.span)")
        mailbox.refuse(refusal)
        for exchange in waiting { exchange.finish(.failure(refusal)) }
        waiting = []
        logger.error("\(refusal); the next attempt is in \(limits.pause)")
        guard pause(limits.pause, &waiting) else { return }
        mailbox.refuse(nil)
        starts = []
        backOff = limits.backOff
      } else {
        guard pause(backOff, &waiting) else { return }
        backOff = min(backOff * 2, limits.longestBackOff)
      }
      starts.append(.now)
      end = again(known.hello, &waiting)
    }
  }

  /// The first run, up to its end; nil where it could not begin.
  private func first(
    _ started: (Result<Hello, ExecError>) -> Void
  ) -> (hello: Hello, waiting: [Exchange], failure: ExecError?, start: ContinuousClock.Instant)? {
    var waiting: [Exchange] = []
    let start = ContinuousClock.now
    let session: ProgramSession
    do throws(Errno) {
      session = try makeSession()
    } catch {
      started(.failure(.cannotStart(error)))
      return nil
    }
    let end = session.run(&waiting) { hello in
      started(.success(hello))
      return nil
    }
    guard let hello = session.hello else {
      // Nobody has the provider yet, so nobody waits.
      if case .failed(let error) = end { started(.failure(error)) } else { started(.failure(.stopped)) }
      return nil
    }
    if case .failed(let error) = end { return (hello, waiting, error, start) }
    return (hello, waiting, nil, start)
  }

  /// A later run.
  private func again(_ known: Hello, _ waiting: inout [Exchange]) -> ProgramSession.End {
    do throws(Errno) {
      return try makeSession().run(&waiting) { hello in
        guard hello.abilities.isSuperset(of: known.abilities) else {
          return .nonsense("it can do less than it could before")
        }
        // Nobody knows what has changed while it did not run.
        if known.abilities.contains(.changes) {
          feed.send(.everything)
          Task { [feed, mailbox] in if let root = try? await mailbox.root() { feed.sendRoot(root) } }
        }
        return nil
      }
    } catch {
      return .failed(.cannotStart(error))
    }
  }

  private func makeSession() throws(Errno) -> ProgramSession {
    try ProgramSession(
      command: command, source: source, mailbox: mailbox, feed: feed, limits: limits, logger: logger)
  }

  /// Waits, collecting requests; false where all is to end.
  private func pause(_ time: Duration, _ waiting: inout [Exchange]) -> Bool {
    let end = ContinuousClock.now + time
    while true {
      let (arrivals, abandoned, isEnding) = mailbox.take()
      if isEnding { return false }
      let gone = Set(abandoned)
      waiting = (waiting + arrivals).filter { !gone.contains($0.id) }
      let left = end - .now
      guard left > .zero else { return true }
      var wake = pollfd(fd: mailbox.wakeDescriptor, events: Int16(POLLIN), revents: 0)
      poll(&wake, 1, left.roundedMilliseconds)
    }
  }
}

extension Duration {
  /// For poll(2); rounded up, so that a time has passed when it is looked at.
  var roundedMilliseconds: CInt {
    let (seconds, attoseconds) = components
    return CInt(clamping: min(max(0, seconds), 1_000_000) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
  }
}
