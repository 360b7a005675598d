internal import Posix
internal import Provider
internal import SystemPackage

/// What is different where names are found however they are spelled: the local directory has one spelling of a name.
extension ProjectionCore {
  /// Lets what the local directory has at a name, which may be a whiteout, be spelled as `name` is. The caller holds the
  /// directory's lock.
  func respell(
    _ found: DirectoryState.Found, as name: [UInt8], in handle: DirectoryHandle, _ state: inout DirectoryState
  ) throws(ProjectionError) {
    guard folding != nil else { return }
    let key: NameKey
    switch found {
    case .tombstone(let place), .local(let place, _): key = place
    case .unknown, .absent, .provided: return
    }
    guard let spelled = state.name(key), spelled != name else { return }
    try ProjectionError.local { () throws(Errno) in
      try local.atFreeName(name, in: handle.rawValue) { () throws(Errno) in
        try EntryCalls.rename(at: handle.rawValue, spelled, to: handle.rawValue, name, .keepExisting)
      }
    }
    state.spell(key, name)
  }
}

extension DirectoryState {
  /// How a name is shown, if it stands for something; otherwise as it is given.
  func spelling(of name: [UInt8]) -> [UInt8] {
    guard folding != nil, let key = key(of: name) else { return name }
    return self.name(key) ?? name
  }
}
