import FuseTransport
import Posix
import Projection
import Synchronization

/// What counting requests costs: warm lookups that are counted, beside such that are not, and what tracing costs, while
/// somebody traces.
enum CounterCost {
  private static let rounds = 20
  /// So many lookups in a row are measured alike: what is done behind a reply shows in the next one.
  private static let run = 20

  /// One request's share: the clock, twice, and its operation's counters.
  static func measureCounting() {
    let statistics = RequestStatistics()
    let count = 5_000_000
    let start = ContinuousClock.now
    for _ in 0..<count { statistics.count(.lookup, since: statistics.arrival, failed: false) }
    let each = start.duration(to: .now).microseconds / Double(count)
    print("counters: \(digits(each * 1000)) ns a request, on one thread")
  }

  /// How long lookups took with something and without it, in microseconds.
  private struct Times: Sendable {
    var with: [Double] = []
    var without: [Double] = []
  }

  static func measure(_ engine: Engine) async throws {
    let tree = LookupCost.InMemory(directories: LookupCost.directories)
    let view = try await Mounted(tree, engine)
    let counted = try await compare(view, tree) { view.statistics.isCounting = $0 }
    report("\(engine.rawValue), warm lookup: counted", counted)
    view.statistics.isCounting = true
    let trace = view.fileSystem.trace
    let queue = Mutex<TraceQueue?>(nil)
    let traced = try await compare(view, tree) { isTraced in
      queue.withLock { queue in
        if let queue { trace.unsubscribe(queue) }
        queue = isTraced ? trace.subscribe(TraceFilter()) : nil
      }
    }
    report("\(engine.rawValue), warm lookup: traced", traced)
  }

  private static func report(_ title: String, _ times: Times) {
    let (with, without) = (LookupCost.median(times.with), LookupCost.median(times.without))
    print(
      "\(title) \(digits(with, 2)) µs, not \(digits(without, 2)) µs: \(digits(with - without, 2)) µs "
        + "(\(digits((with - without) / without * 100, 2))%), medians of \(times.with.count)")
  }

  /// Looks names up in one view, some with and some without what `set` turns on, in turns: both have the same threads and
  /// the same caches.
  private static func compare(
    _ view: Mounted, _ tree: LookupCost.InMemory, _ set: @escaping @Sendable (Bool) -> Void
  ) async throws -> Times {
    try await view.inside { _ in
      var times = Times()
      for round in 0..<rounds {
        try view.forgetNames()
        for name in tree.names {
          try LookupCost.look("\(view.path)/\(name)")
          if round == 0 { try LookupCost.look("\(view.path)/\(name)/a") }
        }
        for (index, name) in tree.names.enumerated() {
          let isOn = (index / run + round) % 2 == 0
          if index % run == 0 { set(isOn) }
          let took = try LookupCost.look("\(view.path)/\(name)/b")
          if isOn { times.with.append(took) } else { times.without.append(took) }
        }
      }
      set(false)
      return times
    }[0]
  }
}
