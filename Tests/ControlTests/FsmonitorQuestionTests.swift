import Testing

@testable import Control

@Suite("What git's hook asks") struct FsmonitorQuestionTests {
  @Test(
    "A line with a version and a token is a question, whatever the token; everything else is none",
    arguments: [
      ("fsmonitor 2 status projfs:1:2", 2, "projfs:1:2"), ("fsmonitor 2 - ", 2, ""), ("fsmonitor 1 add a b", 1, "a b"),
      ("fsmonitor 2 status", nil, ""), ("fsmonitor two x", nil, ""), ("", nil, ""), (#"{"version":1}"#, nil, ""),
    ] as [(String, Int?, String)])
  func line(text: String, version: Int?, token: String) {
    let question = FsmonitorQuestion(Array(text.utf8))
    #expect(question?.version == version && (question?.token ?? "") == token)
  }

  @Test("What a command is limited to follows after NULs")
  func paths() {
    let question = FsmonitorQuestion(Array("fsmonitor 2 add projfs:1:2\0a/b\0c d".utf8))
    #expect(question?.command == "add" && question?.token == "projfs:1:2")
    #expect(question?.paths == [Array("a/b".utf8), Array("c d".utf8)])
  }

  @Test("The number of bytes stands before an answer")
  func frame() {
    #expect(FsmonitorQuestion.framed([1, 0, 2]) == Array("3\n".utf8) + [1, 0, 2])
  }
}
