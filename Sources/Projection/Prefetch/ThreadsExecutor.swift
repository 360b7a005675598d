internal import DequeModule
internal import Dispatch
internal import Posix
internal import Synchronization

/// Some threads of their own for work that blocks: a provider that reads a disk may keep each as long as it likes, and
/// requests are served all the same.
final class ThreadsExecutor: TaskExecutor {
  private struct State {
    var jobs: Deque<UnownedJob> = []
    var hasEnded = false
  }

  // A leaf lock.
  private let state = Mutex(State())
  /// Counts jobs, and ends.
  private let arrivals = DispatchSemaphore(value: 0)
  private let count: Int

  /// Starts the threads.
  init(_ name: String, count: Int) {
    self.count = count
    for _ in 0..<count { Threads.start(name) { [self] in run() } }
  }

  /// Has the threads end when there is nothing left to do.
  func end() {
    state.withLock { $0.hasEnded = true }
    for _ in 0..<count { arrivals.signal() }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.jobs.append(job) }
    arrivals.signal()
  }

  private func run() {
    while true {
      arrivals.wait()
      let (job, hasEnded) = state.withLock { ($0.jobs.popFirst(), $0.hasEnded) }
      if let job {
        job.runSynchronously(on: asUnownedTaskExecutor())
      } else if hasEnded {
        return
      }
    }
  }
}
