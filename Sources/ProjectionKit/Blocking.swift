internal import Posix

/// Does something that blocks on a thread of its own: the threads that run tasks are few, and may be needed for it to end.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Threads.start("projection") { continuation.resume(with: Result { try work() }) }
  }
}
