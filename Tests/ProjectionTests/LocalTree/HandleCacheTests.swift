import Glibc
import Posix
import Testing

@testable import Projection

@Suite struct HandleCacheTests {
  private func directories(_ count: Int) throws -> [DirectoryNode] {
    try (0..<count).map { number in
      let node = DirectoryNode(
        node: NodeID(rawValue: UInt64(number + 2)), inode: UInt64(number + 2), origin: nil, permissions: 0o755,
        isLocal: true)
      let handle = DirectoryHandle(try FileCalls.open("/", O_RDONLY | O_DIRECTORY))
      node.withState { $0.handle = handle }
      return node
    }
  }

  private func isOpen(_ directory: DirectoryNode) -> Bool { directory.withState { $0.handle != nil } }

  @Test("Beyond the limit the directory that was opened first is closed")
  func limit() throws {
    let cache = HandleCache(limit: 3)
    let directories = try directories(6)
    for (number, directory) in directories.enumerated() {
      cache.opened(directory)
      #expect(directories[...number].map(isOpen) == (0...number).map { $0 > number - 3 })
    }
  }

  @Test("A directory that was removed stays open: there is no other way to it")
  func removed() throws {
    let cache = HandleCache(limit: 1)
    let directories = try directories(4)
    cache.opened(directories[0])
    directories[0].withState { $0.isRemoved = true }
    for directory in directories.dropFirst() { cache.opened(directory) }
    #expect(directories.map(isOpen) == [true, false, false, true])
  }
}
