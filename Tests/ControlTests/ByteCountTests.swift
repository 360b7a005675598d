import Control
import Testing

@Suite struct ByteCountTests {
  @Test(
    "A number of bytes, with or without a unit",
    arguments: [("0", 0), ("4096", 4096), ("64K", 65_536), ("16M", 16 << 20), ("2g", 2 << 30), ("1k", 1024)]
      as [(String, Int64)])
  func right(text: String, bytes: Int64) {
    #expect(ByteCount(text)?.bytes == bytes)
  }

  @Test("What is none", arguments: ["", "K", "-1", "1.5M", "1 M", "1MB", "x", "9999999999999G", "١", "1K1"])
  func wrong(text: String) {
    #expect(ByteCount(text) == nil)
  }
}
