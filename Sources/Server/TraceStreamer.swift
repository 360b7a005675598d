internal import Control
internal import Glibc
internal import Posix
internal import Projection
internal import SystemPackage

/// Sends what happens in a view to one who asked for it, line by line, from the thread of that connection.
struct TraceStreamer {
  /// How often it looks for events: nobody who causes them has to wake it.
  private static let interval: CInt = 20

  private let hub: TraceHub

  init(_ hub: TraceHub) {
    self.hub = hub
  }

  /// Answers, and sends events until the view ends or the other side goes. Blocks.
  func stream(_ question: TraceQuestion, to connection: borrowing OwnedDescriptor) {
    guard let queue = hub.subscribe(TraceFilter(question)) else {
      let reply = ControlReply(error: "\(TraceHub.limit) commands follow the view already")
      if let line = try? JSON.encode(reply) { try? Self.send([line], to: connection) }
      return
    }
    defer { hub.unsubscribe(queue) }
    do {
      try Self.send([try JSON.encode(ControlReply())], to: connection)
      while true {
        let batch = queue.take()
        var lines = try batch.events.map { try JSON.encode(TraceLine($0)) }
        if batch.lost > 0 {
          var line = TraceLine(.lost)
          line.count = batch.lost
          lines.append(try JSON.encode(line))
        }
        if batch.isLast { lines.append(try JSON.encode(TraceLine(.end))) }
        try Self.send(lines, to: connection)
        if batch.isLast { return }
        if batch.events.isEmpty, Self.hasGone(connection) { return }
      }
    } catch {
      // The other side has gone.
    }
  }

  private static func send(_ lines: [[UInt8]], to connection: borrowing OwnedDescriptor) throws(Errno) {
    guard !lines.isEmpty else { return }
    try Sockets.sendAll(
      connection.rawValue, Array(lines.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")])
  }

  /// Waits a moment; true where the other side has closed the connection meanwhile.
  private static func hasGone(_ connection: borrowing OwnedDescriptor) -> Bool {
    var waiting = pollfd(fd: connection.rawValue, events: Int16(POLLRDHUP), revents: 0)
    return poll(&waiting, 1, interval) > 0
  }

  /// POLLRDHUP, which needs _GNU_SOURCE: the other side sends no more.
  private static var POLLRDHUP: Int32 { 0x2000 }
}

extension TraceFilter {
  init(_ question: TraceQuestion) {
    self.init()
    operations = Set(question.operations)
    processes = Set(question.pids)
    commands = Set(question.commands)
    paths = question.paths.map { PathText.path("", $0) }
  }
}

extension TraceLine {
  init(_ event: TraceEvent) {
    self.init(event.hydration == nil ? .request : .hydration)
    timeNs = event.time
    operation = event.operation
    path = event.path.map(PathText.text)
    pathBytes = event.path.flatMap(PathText.digits)
    newPath = event.newPath.map(PathText.text)
    newPathBytes = event.newPath.flatMap(PathText.digits)
    // Tenths are enough, and what the clock is good for.
    latencyUs = (event.latency.microseconds * 10).rounded() / 10
    error = event.error.map(ErrorName.name)
    pid = event.identity.process
    command = event.identity.command
    sessionPid = event.identity.session
    sessionCommand = event.identity.sessionCommand
    guard let hydration = event.hydration else { return }
    cause = hydration.cause.rawValue
    bytes = hydration.bytes
    switch hydration.outcome {
    case .content: break
    case .pieces: partial = true
    case .failure: failed = true
    case .denied: denied = true
    }
  }
}
