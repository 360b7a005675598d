/// Two trees do not agree.
package struct Mismatch: Error, CustomStringConvertible {
  package let description: String
}

/// Remembers what may not change on the subject as long as it does not on the reference: which inode number a file
/// has, and when it was modified.
///
/// A file is known by its identity in the reference tree, which no later file ever gets. So a number that stays with a
/// file through a rename, and a number that two names of one file share, are one rule: equal identity, equal number.
struct InodeWitness {
  private var inodes: [UInt64: UInt64] = [:]
  private var modifications: [UInt64: Int64] = [:]

  /// Looks at a file on both sides.
  mutating func see(_ path: String, identity: UInt64?, reference: Sighting, subject: Sighting) throws(Mismatch) {
    guard let identity else { return }
    if let known = inodes[identity], known != subject.inode {
      throw Mismatch(description: "\(path): its inode number was \(known) and is \(subject.inode)")
    }
    inodes[identity] = subject.inode
    if let known = modifications[identity], known != subject.modification {
      throw Mismatch(
        description: "\(path): nobody modified it since \(known), and its time of modification is "
          + "\(subject.modification)")
    }
    modifications[identity] = subject.modification
  }

  /// From now on the file may have another time of modification.
  mutating func touch(_ identity: UInt64?) {
    if let identity { modifications[identity] = nil }
  }

  /// Any file may have another time of modification.
  mutating func touchAll() {
    modifications.removeAll(keepingCapacity: true)
  }
}
