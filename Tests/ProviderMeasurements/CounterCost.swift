import FuseTransport
import Posix
import Projection

/// What counting requests costs: a warm lookup in a view that counts, beside the same in one that does not; while somebody
/// traces, and while nobody does.
enum CounterCost {
  private static let rounds = 10

  /// One request's share: the clock, twice, and its operation's counters.
  static func measureCounting() {
    let statistics = RequestStatistics()
    let count = 5_000_000
    let start = ContinuousClock.now
    for _ in 0..<count { statistics.count(.lookup, since: statistics.arrival, failed: false) }
    let each = start.duration(to: .now).microseconds / Double(count)
    print("counters: \(digits(each * 1000)) ns a request, on one thread")
  }

  /// How long lookups took, in microseconds: with counters and without, and with counters and a tracer.
  private struct Times: Sendable {
    var counting: [Double] = []
    var bare: [Double] = []
    var traced: [Double] = []
  }

  static func measure(_ engine: Engine) async throws {
    let tree = LookupCost.InMemory(directories: LookupCost.directories)
    let counting = try await Mounted(tree, engine)
    let bare = try await Mounted(tree, engine, countsRequests: false)
    let traced = try await Mounted(tree, engine)
    guard let queue = traced.fileSystem.trace.subscribe(TraceFilter()) else { return }
    let times = try await counting.inside { _ in
      var times = Times()
      for round in 0..<rounds {
        for view in [counting, bare, traced] {
          try view.forgetNames()
          for name in tree.names {
            try LookupCost.look("\(view.path)/\(name)")
            if round == 0 { try LookupCost.look("\(view.path)/\(name)/a") }
          }
        }
        // In turns, and each as often before as after another: all see the same machine.
        for (index, name) in tree.names.enumerated() {
          for place in 0..<3 {
            switch (index + place) % 3 {
            case 0: times.counting.append(try LookupCost.look("\(counting.path)/\(name)/b"))
            case 1: times.bare.append(try LookupCost.look("\(bare.path)/\(name)/b"))
            default: times.traced.append(try LookupCost.look("\(traced.path)/\(name)/b"))
            }
          }
          if index % 100 == 0 { _ = queue.take() }
        }
      }
      return times
    }[0]
    let (with, without) = (LookupCost.median(times.counting), LookupCost.median(times.bare))
    let tracing = LookupCost.median(times.traced)
    print(
      "\(engine.rawValue), warm lookup, median of \(times.bare.count): with counters \(digits(with, 2)) µs, without "
        + "\(digits(without, 2)) µs, difference \(digits(with - without, 2)) µs (\(digits((with - without) / without * 100, 2))%); "
        + "while somebody traces \(digits(tracing, 2)) µs")
  }
}
