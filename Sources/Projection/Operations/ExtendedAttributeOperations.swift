internal import Glibc
internal import Posix
internal import SystemPackage

/// Extended attributes: those of the disk below. The provider's files have none.
extension ProjectionCore {
  /// The value of an attribute. Throws `noAttribute` where there is none.
  package func extendedAttribute(
    _ attribute: [UInt8], of node: NodeID
  ) async throws(ProjectionError) -> [UInt8] {
    try Self.refuseForeign(attribute)
    if Marks.isOne(attribute) { throw .noAttribute }
    // `ls -l` asks for the SELinux label of each file, until it hears that the file system has none; ENODATA would say
    // that this file has none.
    let absent: ProjectionError = attribute.elementsEqual("security.selinux".utf8) ? .notSupported : .noAttribute
    // Asked for before each first write: whether the file lends privileges.
    if try inodes.location(of: node).isBare { throw absent }
    let value = try withEntry(node) { directory, name throws(Errno) in
      try ExtendedAttributes.value(at: directory, name, attribute)
    }
    guard let value = value.flatMap({ $0 }) else { throw absent }
    return value
  }

  /// The names of all attributes, each with a NUL behind it.
  package func extendedAttributes(
    of node: NodeID, by caller: Caller
  ) async throws(ProjectionError) -> [UInt8] {
    if try inodes.location(of: node).isBare { return [] }
    let names = try withEntry(node) { directory, name throws(Errno) in
      try ExtendedAttributes.names(at: directory, name)
    }
    return (names ?? []).filter { name in
      // xattr(7): trusted attributes are seen by the privileged only.
      !Marks.isOne(name) && (caller.user == 0 || !name.starts(with: "trusted.".utf8))
    }.flatMap { $0 + [0] }
  }

  func setAttribute(
    _ attribute: [UInt8], of node: NodeID, to value: [UInt8], flags: CInt, by caller: Caller
  ) async throws(ProjectionError) {
    try Self.refuseForeign(attribute)
    if Marks.isOne(attribute) { throw .notPermitted }
    inodes.setBare(false, node)
    try await changeEntry(node, by: caller) { directory, name throws(Errno) in
      try ExtendedAttributes.set(at: directory, name, attribute, to: value, flags: flags)
    }
  }

  func removeAttribute(
    _ attribute: [UInt8], of node: NodeID, by caller: Caller
  ) async throws(ProjectionError) {
    // What is not there need not become the user's to be removed.
    _ = try await extendedAttribute(attribute, of: node)
    try await changeEntry(node, by: caller) { directory, name throws(Errno) in
      try ExtendedAttributes.remove(at: directory, name, attribute)
    }
  }

  /// Access control lists would have to be judged by the kernel, which sees modes only.
  private static func refuseForeign(_ attribute: [UInt8]) throws(ProjectionError) {
    if attribute.starts(with: "system.".utf8) { throw .notSupported }
  }

  /// Runs `body` on the local entry of a node; nil where it has none.
  private func withEntry<Result>(
    _ node: NodeID, _ body: (CInt, [UInt8]) throws(Errno) -> Result
  ) throws(ProjectionError) -> Result? {
    try namespace.shared { () throws(ProjectionError) -> Result? in
      if let directory = try inodes.location(of: node).directory {
        guard let handle = try existingHandle(of: directory) else { return nil }
        return try ProjectionError.local { () throws(Errno) in try body(handle.rawValue, []) }
      }
      return try withFile(node) { _, spot throws(ProjectionError) -> Result? in
        guard case .local(let directory, let name) = spot.branch else { return nil }
        return try ProjectionError.local { () throws(Errno) in try body(directory, name) }
      }
    }
  }

  /// Runs `body` on the local entry of a node, which is made if there is none.
  private func changeEntry(
    _ node: NodeID, by caller: Caller, _ body: (CInt, [UInt8]) throws(Errno) -> Void
  ) async throws(ProjectionError) {
    if try inodes.location(of: node).directory != nil {
      return try namespace.shared { () throws(ProjectionError) in
        let directory = try inodes.directory(node)
        let handle = try localHandle(of: directory)
        try ProjectionError.local { () throws(Errno) in try body(handle.rawValue, []) }
        note(directory)
      }
    }
    try await makeDirty(node, by: caller)
    try namespace.shared { () throws(ProjectionError) in
      try withFile(node) { _, spot throws(ProjectionError) in
        guard case .local(let directory, let name) = spot.branch else { throw .stale }
        try ProjectionError.local { () throws(Errno) in try body(directory, name) }
      }
      note(node)
    }
  }
}
