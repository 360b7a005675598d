internal import Posix
internal import SystemPackage

extension StateDirectory {
  /// Who may hydrate the view; everybody, where nothing was said.
  package func policy() throws(Failure) -> PolicyRecord {
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try FileCalls.contents(at: descriptor.rawValue, Self.policyName)
    } catch {
      guard error == .noSuchFileOrDirectory else { throw .system(error) }
      return PolicyRecord()
    }
    guard let policy = try? JSON.decode(PolicyRecord.self, from: bytes) else {
      throw .damaged("\(path)/\(Self.policyName)")
    }
    return policy
  }

  /// Replaces that, as a whole or not at all.
  package func write(_ policy: PolicyRecord) throws(Failure) {
    guard let bytes = try? JSON.encode(policy, pretty: true) else { throw .damaged(path) }
    do throws(Errno) {
      try FileCalls.replace(at: descriptor.rawValue, Self.policyName, with: bytes, owner: owner)
    } catch {
      throw .system(error)
    }
  }
}
