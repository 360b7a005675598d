/// Which events somebody wants. What is empty excludes nothing.
package struct TraceFilter: Sendable, Hashable {
  /// Operations, by the names in the kernel's header, and `HYDRATION`.
  package var operations: Set<String> = []
  /// Process ids.
  package var processes: Set<UInt32> = []
  /// Commands, of a process or of the one that leads its session.
  package var commands: Set<String> = []
  /// Paths from the root, each with everything below it.
  package var paths: [[UInt8]] = []

  /// Everything.
  package init() {}

  /// Whether such an operation may be wanted.
  package func wants(_ operation: String) -> Bool { operations.isEmpty || operations.contains(operation) }

  /// Whether an event is wanted.
  package func wants(_ event: TraceEvent) -> Bool {
    guard wants(event.operation) else { return false }
    guard processes.isEmpty || processes.contains(event.identity.process) else { return false }
    if !commands.isEmpty {
      let leader = event.identity.sessionCommand.map { commands.contains($0) } ?? false
      guard leader || commands.contains(event.identity.command) else { return false }
    }
    return paths.isEmpty || [event.path, event.newPath].contains { $0.map(isBelow) ?? false }
  }

  private func isBelow(_ path: [UInt8]) -> Bool {
    paths.contains { top in
      top.isEmpty || path.starts(with: top) && (path.count == top.count || path[top.count] == UInt8(ascii: "/"))
    }
  }
}
