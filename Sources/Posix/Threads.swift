internal import CLinux
internal import Glibc

/// Plain threads, for work that blocks and must stay off Swift's cooperative pool.
package enum Threads {
  /// Starts a detached thread named `name` (at most 15 bytes are shown) that runs `body`.
  ///
  /// The signals that end a process are not for it: they are taken by the main thread, or by one that waits for them.
  package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(name: name, run: body))
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    var (endings, before) = (sigset_t(), sigset_t())
    sigemptyset(&endings)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&endings, signal) }
    pthread_sigmask(SIG_BLOCK, &endings, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let failure = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        projfs_name_thread(String(body.name.prefix(15)))
        body.run()
        return nil
      }, box.toOpaque())
    precondition(failure == 0, "no thread can be started: \(failure)")
  }

  /// Runs blocking work on a thread of its own named `name`, while the caller's task is suspended.
  package static func run<Value: Sendable, Failure: Error>(
    _ name: String, _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let outcome: Result<Value, Failure> = await withCheckedContinuation { continuation in
      start(name) { continuation.resume(returning: Result { () throws(Failure) in try body() }) }
    }
    return try outcome.get()
  }

  /// Names the calling thread; on the main thread, that is what the process is called.
  package static func nameCurrent(_ name: String) { projfs_name_thread(String(name.prefix(15))) }

  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }
}

/// The C heap, whose defaults suit neither many threads nor caches that shrink.
package enum Heap {
  /// Few arenas, so that what one thread frees another can use. Call once, early.
  package static func configure() { projfs_limit_malloc_arenas(2) }

  /// Gives free memory back to the kernel. Takes milliseconds when much is free.
  package static func trim() { projfs_trim_heap() }
}
