import Synchronization

@testable import Projection

/// The names that the kernel would have been told to look up again.
final class ToldNames: Sendable {
  private let names = Mutex<[String]>([])

  init(_ fileSystem: ProjectionCore) {
    fileSystem.onOutdated { [self] _, name in
      if let name { names.withLock { $0.append(String(decoding: name, as: UTF8.self)) } }
    }
  }

  /// Those since this was asked last.
  func take() -> [String] {
    names.withLock { names in
      defer { names = [] }
      return names
    }
  }
}
