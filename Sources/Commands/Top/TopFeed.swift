internal import Control
internal import Glibc
internal import Posix
internal import Synchronization
internal import SystemPackage

/// Asks a view for its statistics again and again, on a thread of its own: a server that does not answer keeps nobody from
/// leaving.
final class TopFeed: Sendable {
  /// What came of asking.
  enum News: Sendable {
    case report(StatsReport)
    case ended
    case failed(CommandFailure)
  }

  private let view: ViewLocator.Found
  private let news = Mutex<[News]>([])
  private let pipe: Pipe

  init(_ view: ViewLocator.Found) throws(CommandFailure) {
    self.view = view
    do throws(Errno) {
      pipe = try Pipe()
    } catch {
      throw CommandFailure(.inputOutput, "no pipe can be made: \(error)")
    }
  }

  /// Readable when there is news.
  var rawValue: CInt { pipe.readEnd }

  /// What the view says now.
  static func report(of view: ViewLocator.Found) throws(CommandFailure) -> StatsReport {
    var question = StatsQuestion(countsFiles: false)
    question.history = true
    return try StatsCommand.ask(question, of: view)
  }

  /// Starts asking.
  func start(every interval: Double) {
    Threads.start("top") { [self] in
      while true {
        usleep(UInt32(interval * 1e6))
        let next: News
        do throws(CommandFailure) {
          next = .report(try Self.report(of: view))
        } catch {
          next = error.status == .notRunning ? .ended : .failed(error)
        }
        news.withLock { $0.append(next) }
        try? FileCalls.writeAll(pipe.writeEnd, [0])
        if case .report = next { continue }
        return
      }
    }
  }

  /// What has come since the last call.
  func take() -> [News] {
    var bytes = [UInt8](repeating: 0, count: 64)
    _ = read(pipe.readEnd, &bytes, bytes.count)
    return news.withLock { news in
      defer { news = [] }
      return news
    }
  }
}
