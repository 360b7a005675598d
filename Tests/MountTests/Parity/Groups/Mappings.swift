extension ScenarioGroup {
  /// mmap(2), msync(2).
  static let mappings = ScenarioGroup(
    name: "mappings",
    script: """
      scenario reading
      open file O_RDONLY -> h
      mmap h 4096 R SHARED -> m
      mread m 0 29
      mread m 25 20
      mmap h 4096 R PRIVATE -> p
      close h
      mread p 0 5
      mread m 0 5
      munmap m

      scenario reading a larger file
      open big O_RDONLY -> h
      mmap h 140010 R SHARED -> m
      mread m 69998 20
      mread m 140000 10
      mmap h 4096 R SHARED 65536 -> o
      mread o 0 4
      mread o 4090 6

      scenario writing
      open file O_RDWR -> h
      mmap h 4096 R,W SHARED -> m
      mwrite m 0 FIRST
      mread m 0 10
      pread h 10 0
      cat file
      msync m SYNC
      munmap m
      cat file
      stat file size

      scenario what is written beyond the end is not in the file
      open file O_RDWR -> h
      mmap h 4096 R,W SHARED -> m
      mwrite m 29 beyond
      msync m SYNC
      munmap m
      cat file
      ftruncate h 40
      pread h 100 29

      scenario two mappings of one file
      open file O_RDWR -> one
      open file O_RDWR -> two
      mmap one 4096 R,W SHARED -> a
      mmap two 4096 R,W SHARED -> b
      mwrite a 0 FROM-A
      mread b 0 6
      mwrite b 6 from-b
      mread a 0 12
      pread one 12 0
      pread two 12 0

      scenario two processes
      open file O_RDWR -> h
      mmap h 4096 R,W SHARED -> m
      peer open file O_RDWR -> p
      peer mmap p 4096 R,W SHARED -> q
      mwrite m 0 HERE
      peer mread q 0 4
      peer mwrite q 4 THERE
      mread m 0 9
      cat file

      scenario writes are seen in mappings
      open file O_RDWR -> h
      mmap h 4096 R SHARED -> m
      mread m 0 5
      pwrite h 0 WRITE
      mread m 0 5
      open file O_WRONLY -> other
      pwrite other 2 xx
      mread m 0 5
      pwrite other 29 appended
      mread m 29 8
      truncate file 3
      mread m 0 8

      scenario a reader's mapping sees what later writers write
      open new O_CREAT,O_RDWR -> w
      write w @fill5000:a
      open new O_RDONLY -> r
      mmap r 8192 R SHARED -> m
      mread m 4998 4
      pwrite w 4998 BBBB
      mread m 4998 4
      peer open new O_WRONLY -> p
      peer pwrite p 0 CC
      mread m 0 4

      scenario private mappings
      open file O_RDONLY -> h
      mmap h 4096 R,W PRIVATE -> m
      mwrite m 0 MINE!
      mread m 0 10
      cat file
      truncate file 5
      mread m 0 5

      scenario beyond the end
      open file O_RDWR -> h
      mmap h 8192 R,W SHARED -> m
      mread m 4090 6
      mread m 4096 1
      ftruncate h 5000
      mread m 4096 1
      mwrite m 4999 x
      ftruncate h 0
      mread m 0 1
      open empty O_RDWR -> e
      mmap e 4096 R,W SHARED -> n
      mread n 0 1
      mwrite n 0 x

      scenario holes
      open new O_CREAT,O_RDWR -> h
      ftruncate h 1000000
      mmap h 1000000 R,W SHARED -> m
      mread m 500000 10
      mwrite m 500000 data
      fallocate h PUNCH_HOLE,KEEP_SIZE 499712 4096
      mread m 500000 4
      mwrite m 999990 end
      msync m SYNC
      pread h 20 999985
      fstat h size,blocks

      scenario what a handle does not allow
      open file O_RDONLY -> r
      open file O_WRONLY -> w
      open file O_PATH -> p
      open dir O_RDONLY -> d
      mmap r 4096 R,W SHARED
      mmap r 4096 W PRIVATE -> x
      mmap w 4096 R SHARED
      mmap w 4096 W SHARED
      mmap p 4096 R SHARED
      mmap d 4096 R SHARED
      open file O_RDWR,O_APPEND -> a
      mmap a 4096 R,W SHARED -> y
      mmap r 0 R SHARED
      mmap r 4096 R SHARED 1
      mmap r 4096 R,X PRIVATE -> z

      scenario a mapping outlives its file's name and handle
      open file O_RDWR -> h
      mmap h 4096 R,W SHARED -> m
      close h
      rename empty file
      mread m 0 5
      mwrite m 0 GHOST
      mread m 0 5
      cat file

      scenario written by mapping, read everywhere
      open big O_RDWR -> h
      mmap h 140010 R,W SHARED -> m
      mwrite m 70000 @fill5000:z
      msync m ASYNC
      pread h 10 69995
      pread h 10 74995
      munmap m
      close h
      cat big

      """)
}
