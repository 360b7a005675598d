internal import Synchronization

/// The contents of one name at the top of a view that nobody may see before something else is ready.
final class HeldName: Sendable {
  private struct Held {
    let name: [UInt8]
    let gate: Gate
  }

  // A leaf lock.
  private let held = Mutex<Held?>(nil)
  private let isHeld = Atomic<Bool>(false)

  func set(_ name: [UInt8], _ gate: Gate) {
    held.withLock { $0 = Held(name: name, gate: gate) }
    isHeld.store(true, ordering: .releasing)
  }

  /// What keeps the contents of `node` back, if something does.
  func gate(of node: NodeID, in inodes: InodeTable) -> Gate? {
    guard isHeld.load(ordering: .acquiring), let held = held.withLock({ $0 }) else { return nil }
    if held.gate.isOpen {
      // Nothing is asked any more from now on.
      isHeld.store(false, ordering: .releasing)
      return nil
    }
    guard let (parent, key) = (try? inodes.location(of: node))?.parent, parent === inodes.rootDirectory,
      parent.withState({ $0.name(key) }) == held.name
    else { return nil }
    return held.gate
  }
}

extension ProjectionCore {
  /// Lets opening and reading `name`, at the top of the view, wait until `gate` is open.
  ///
  /// Looking at it and writing to it do not wait. Replaces what was held before. What the kernel has read already, it
  /// shows without asking, until it is told to forget it.
  package func hold(_ name: [UInt8], until gate: Gate) {
    heldName.set(name, gate)
  }

  /// The node of a name at the top of the view, if it is known.
  package func knownNode(_ name: [UInt8]) -> NodeID? {
    let root = inodes.rootDirectory
    let key = root.withState { $0.key(of: name) }
    return key.flatMap { inodes.child($0, of: root) }
  }

  /// Waits for what `node` is held back for. Throws `interrupted` where the caller gives up.
  func waitUntilReleased(_ node: NodeID) async throws(ProjectionError) {
    guard let gate = heldName.gate(of: node, in: inodes) else { return }
    do {
      try await gate.pass()
    } catch {
      throw ProjectionError(error)
    }
  }
}
