internal import Glibc
internal import Logging
internal import Posix
internal import Provider
internal import SystemPackage

/// One run of a program, from its start to its end: sends it requests and hands its answers on.
///
/// Belongs to the thread that made it. Never holds more than a piece of an answer: what has come is in the exchanges, and
/// when they are full the program is not read from.
final class ProgramSession {
  /// How a run came to its end.
  enum End {
    /// It was asked to.
    case asked
    /// It failed, of itself or in our eyes.
    case failed(ExecError)
  }

  /// A request that the program has.
  private struct Flight {
    let exchange: Exchange
    /// When it has to have answered, or gone on.
    var deadline: ContinuousClock.Instant
    var isAbandoned = false
  }

  /// Whose bytes come now.
  private enum Body {
    case nobody
    case answer(UInt64, isLast: Bool)
    case change(ProgramMessage.Change, [UInt8])
  }

  private let mailbox: Mailbox
  private let limits: ExecLimits
  private let logger: Logger
  private let feed: ChangeFeed
  private var process: ProgramProcess?
  private var reader = MessageReader()
  private var body = Body.nobody
  private var outgoing: ArraySlice<UInt8> = ProgramRequest.greeting[...]
  private var flights: [UInt64: Flight] = [:]
  private var errors: ErrorLines
  private var chunk = [UInt8](repeating: 0, count: 64 * 1024)

  /// What the program has said of itself.
  private(set) var hello: Hello?

  /// Starts the program.
  init(
    command: String, source: String, mailbox: Mailbox, feed: ChangeFeed, limits: ExecLimits, logger: Logger
  ) throws(Errno) {
    process = try ProgramProcess(command: command, source: source)
    self.mailbox = mailbox
    self.feed = feed
    self.limits = limits
    self.logger = logger
    errors = ErrorLines(logger: logger)
  }

  /// Serves until the program ends or is to end, and then sees to it that it has. `waiting` has the requests that were
  /// not sent yet, before and after; `greeted` is called when the program has said what it can.
  func run(_ waiting: inout [Exchange], greeted: (Hello) -> ExecError?) -> End {
    var end: End
    do throws(ExecError) {
      try serve(&waiting, greeted: greeted)
      end = .asked
    } catch {
      end = .failed(error)
    }
    let isPolite =
      switch end {
      case .asked, .failed(.ended), .failed(.refused): true
      case .failed: false
      }
    let exitCode = finish(politely: isPolite)
    if case .failed(.ended) = end { end = .failed(.ended(exitCode: exitCode, complaint: errors.last)) }
    let failure: ProviderError =
      switch end {
      case .asked: .unavailable("the program was ended")
      case .failed(let error): .unavailable(error.description)
      }
    for flight in flights.values { flight.exchange.finish(.failure(failure)) }
    flights = [:]
    return end
  }

  // MARK: - Serving

  private func serve(_ waiting: inout [Exchange], greeted: (Hello) -> ExecError?) throws(ExecError) {
    let start = ContinuousClock.now
    var isGreeted = false
    while true {
      let (arrivals, abandoned, isEnding) = mailbox.take()
      if isEnding { return }
      waiting += arrivals
      abandon(abandoned, &waiting)
      if let hello, !isGreeted {
        isGreeted = true
        if let failure = greeted(hello) { throw failure }
      }
      send(&waiting)
      let isReading = mailbox.hasRoom()
      var timeout = try checkDeadlines(isReading: isReading)
      if hello == nil {
        let left = limits.handshake - (ContinuousClock.now - start)
        guard left > .zero else { throw .silent(limits.handshake) }
        timeout = min(timeout ?? left, left)
      }
      try wait(timeout, isReading: isReading)
    }
  }

  /// Waits until something happens, and sees to it.
  private func wait(_ timeout: Duration?, isReading: Bool) throws(ExecError) {
    guard let (input, output, complaints, watch) = descriptors else { throw .stopped }
    var polls = [
      pollfd(fd: mailbox.wakeDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: input, events: outgoing.isEmpty ? 0 : Int16(POLLOUT), revents: 0),
      pollfd(fd: isReading ? output : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: complaints, events: Int16(POLLIN), revents: 0),
      pollfd(fd: watch, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&polls, nfds_t(polls.count), timeout?.roundedMilliseconds ?? -1) > 0 else { return }
    if polls[3].revents != 0 { readErrors() }
    if polls[2].revents != 0, try !readOutput() { throw ended }
    if polls[1].revents & Int16(POLLERR) != 0 { throw ended }
    if polls[1].revents & Int16(POLLOUT) != 0 { write(to: input) }
    if polls[4].revents != 0 {
      // What it said before is still in the pipe, which is small; who else writes into it is not waited for.
      for _ in 0..<16 { guard try readOutput() else { break } }
      throw ended
    }
  }

  /// What its exit code is, is not known yet.
  private var ended: ExecError { .ended(exitCode: 0, complaint: "") }

  private var descriptors: (input: CInt, output: CInt, errors: CInt, watch: CInt)? {
    switch process {
    case .some(let process):
      (process.inputDescriptor, process.outputDescriptor, process.errorDescriptor, process.watchDescriptor)
    case .none: nil
    }
  }

  // MARK: - To the program

  /// Puts requests into words, as many as the program wants at a time and as it reads.
  private func send(_ waiting: inout [Exchange]) {
    guard let hello, !waiting.isEmpty else { return }
    let free = max(0, hello.parallel - flights.count)
    var sent = 0
    while sent < min(free, waiting.count), outgoing.count < 64 * 1024 {
      let exchange = waiting[sent]
      outgoing += exchange.request.message(exchange.id)
      flights[exchange.id] = Flight(exchange: exchange, deadline: .now + hello.timeout)
      sent += 1
    }
    waiting.removeFirst(sent)
  }

  private func write(to input: CInt) {
    let count = outgoing.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
    // A failure shows again when it is waited for.
    if count > 0 { outgoing = count == outgoing.count ? [] : outgoing.dropFirst(count) }
  }

  private func abandon(_ abandoned: [UInt64], _ waiting: inout [Exchange]) {
    guard !abandoned.isEmpty else { return }
    let gone = Set(abandoned)
    waiting.removeAll { gone.contains($0.id) }
    for id in abandoned where flights[id]?.isAbandoned == false { cancel(id) }
  }

  private func cancel(_ id: UInt64) {
    guard let hello else { return }
    flights[id]?.isAbandoned = true
    flights[id]?.deadline = .now + hello.timeout
    outgoing += ProgramRequest.cancel(id)
  }

  /// Fails requests that take too long; returns how long nothing more has to be done. A program that does not even end a
  /// request that was cancelled has failed.
  private func checkDeadlines(isReading: Bool) throws(ExecError) -> Duration? {
    guard let hello, !flights.isEmpty else { return nil }
    let now = ContinuousClock.now
    var next: ContinuousClock.Instant?
    for (id, flight) in flights {
      if !isReading {
        // It waits for us.
        flights[id]?.deadline = now + hello.timeout
      } else if flight.deadline <= now {
        guard !flight.isAbandoned else { throw .silent(hello.timeout) }
        logger.warning("no answer to \(flight.exchange.request.description) for \(hello.timeout)")
        flight.exchange.finish(.failure(.unavailable("the program has not answered for \(hello.timeout)")))
        cancel(id)
      }
      next = min(next ?? .now + hello.timeout, flights[id]?.deadline ?? now + hello.timeout)
    }
    return next.map { $0 - now }
  }

  // MARK: - From the program

  /// Reads once; false at the end.
  private func readOutput() throws(ExecError) -> Bool {
    guard let output = descriptors?.output else { return false }
    let count = Glibc.read(output, &chunk, chunk.count)
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    guard count > 0 else { return false }
    let outcome = chunk.withUnsafeBytes { bytes in
      Result { () throws(ExecError) in
        try reader.read(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { piece throws(ExecError) in
          try take(piece)
        }
      }
    }
    try outcome.get()
    return true
  }

  private func take(_ piece: MessageReader.Piece) throws(ExecError) {
    switch piece {
    case .header(let message): try take(message)
    case .body(let bytes):
      switch body {
      case .nobody: break
      case .answer(let id, _): flights[id]?.exchange.deliver(bytes)
      case .change(let change, var names):
        body = .nobody
        names.append(contentsOf: bytes)
        body = .change(change, names)
      }
    case .end:
      switch body {
      case .nobody: break
      case .answer(let id, let isLast):
        if isLast { flights.removeValue(forKey: id)?.exchange.finish(.success(())) }
      case .change(let change, let names): try tell(change, names)
      }
      body = .nobody
    }
  }

  private func take(_ message: ProgramMessage) throws(ExecError) {
    guard let hello else {
      switch message {
      case .hello(let hello): self.hello = hello
      case .refusal(let error): throw .refused(error)
      default: throw .nonsense("another message before the greeting")
      }
      return
    }
    switch message {
    case .hello: throw .nonsense("a second greeting")
    case .refusal(let error): throw .refused(error)
    case .answer(let id, _, let isLast):
      guard flights[id] != nil else { throw .nonsense("an answer to request \(id), which is not open") }
      flights[id]?.deadline = .now + hello.timeout
      body = .answer(id, isLast: isLast)
    case .failure(let id, let error):
      guard let flight = flights.removeValue(forKey: id) else {
        throw .nonsense("an error for request \(id), which is not open")
      }
      flight.exchange.finish(.failure(error))
    case .change(let change, _): body = .change(change, [])
    }
  }

  private func tell(_ change: ProgramMessage.Change, _ body: [UInt8]) throws(ExecError) {
    guard hello?.abilities.contains(.changes) == true else {
      throw .nonsense("a change, without the ability 'changes'")
    }
    guard body.isEmpty || body.last == 0 else { throw .nonsense("a change that ends within a name") }
    let names = body.split(separator: 0, omittingEmptySubsequences: false).dropLast()
    switch change {
    case .everything: feed.send(.everything)
    case .directories: feed.send(.directories(names.map { DirectoryID($0) }))
    case .paths: feed.send(.paths(names.map { Array($0) }))
    case .root:
      guard let root = names.first, names.count == 1, !root.isEmpty else {
        throw .nonsense("a new root without its ID")
      }
      feed.send(.root(DirectoryID(root)))
    }
  }

  private func readErrors() {
    guard let complaints = descriptors?.errors else { return }
    let count = Glibc.read(complaints, &chunk, chunk.count)
    if count > 0 {
      chunk.withUnsafeBytes { errors.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    } else if count == 0 {
      process?.closeErrors()
    }
  }

  // MARK: - The end

  /// Ends the program and what it has started; returns its exit code. In order: the end of its input, SIGTERM, SIGKILL.
  private func finish(politely: Bool) -> CInt {
    process?.closeInput()
    if politely { drain(for: limits.grace) }
    if !hasEnded {
      process?.signal(SIGTERM)
      drain(for: limits.grace)
    }
    // Its last words.
    for _ in 0..<16 { readErrors() }
    errors.flush()
    return process.take()?.reap() ?? 0
  }

  private var hasEnded: Bool {
    switch process {
    case .some(let process): process.hasEnded
    case .none: true
    }
  }

  /// Waits for the program's end, and throws away what it writes meanwhile: it must not have to wait for us.
  private func drain(for time: Duration) {
    let end = ContinuousClock.now + time
    while !hasEnded, ContinuousClock.now < end, let (_, output, complaints, watch) = descriptors {
      var polls = [
        pollfd(fd: output, events: Int16(POLLIN), revents: 0),
        pollfd(fd: complaints, events: Int16(POLLIN), revents: 0),
        pollfd(fd: watch, events: Int16(POLLIN), revents: 0),
      ]
      // Short, for where the kernel does not tell of an end and for streams that have ended, which are always readable.
      poll(&polls, nfds_t(polls.count), 20)
      if polls[1].revents != 0 { readErrors() }
      if polls[0].revents != 0, Glibc.read(output, &chunk, chunk.count) == 0 { process?.closeOutput() }
    }
  }
}
