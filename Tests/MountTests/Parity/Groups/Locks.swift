extension ScenarioGroup {
  /// flock(2), and locks of fcntl(2), between handles and processes.
  static let locks = ScenarioGroup(
    name: "locks",
    script: """
      scenario flock between handles
      open file O_RDWR -> a
      open file O_RDONLY -> b
      flock a EX
      flock b EX,NB
      flock b SH,NB
      flock a SH
      flock b SH,NB
      flock a EX,NB
      flock b UN
      flock a EX,NB
      flock a UN
      flock b EX,NB
      close b
      flock a EX,NB

      scenario flock between processes
      open file O_RDWR -> h
      peer open file O_RDWR -> p
      flock h EX
      peer flock p SH,NB
      start flock p EX
      waiting
      flock h UN
      join
      flock h SH,NB
      end-peer
      flock h SH,NB

      scenario flock belongs to the open file
      open file O_RDWR -> h
      dup h -> d
      flock h EX
      flock d EX,NB
      peer flock h EX,NB
      open file O_RDWR -> other
      close h
      flock other EX,NB
      peer flock d UN
      flock other EX,NB

      scenario flock of directories and new files
      open dir O_RDONLY -> a
      open dir O_RDONLY -> b
      flock a EX
      flock b SH,NB
      open new O_CREAT,O_WRONLY -> n
      flock n EX,NB
      peer open new O_RDONLY -> p
      peer flock p SH,NB
      flock n SH,EX

      scenario locks of processes
      open file O_RDWR -> h
      setlk h WR 0 10
      setlk h WR 0 10
      peer open file O_RDWR -> p
      peer setlk p RD 5 1
      peer getlk p RD 0 0
      peer setlk p WR 10 10
      getlk h WR 0 0
      setlk h WR 10 1
      setlk h RD 0 5
      peer setlk p RD 0 3
      peer getlk p WR 0 1
      peer getlk p WR 7 1
      setlk h UN 0 0
      peer setlk p WR 5 1
      peer getlk p WR 0 0

      scenario closing any handle gives a process's locks up
      open file O_RDWR -> h
      open file O_RDONLY -> other
      setlk h WR 0 0
      peer open file O_RDWR -> p
      peer setlk p WR 0 0
      close other
      peer setlk p WR 0 0

      scenario waiting for a lock
      open file O_RDWR -> h
      setlk h WR 0 0
      peer open file O_RDWR -> p
      start setlkw p WR 0 1
      waiting
      setlk h UN 0 0
      join
      getlk h RD 0 0
      setlk h RD 0 0
      end-peer
      setlk h RD 0 0

      scenario processes that wait for each other
      open file O_RDWR -> h
      peer open file O_RDWR -> p
      setlk h WR 0 1
      peer setlk p WR 1 1
      start setlkw p WR 0 1
      waiting
      setlkw h WR 1 1
      setlk h UN 0 0
      join

      scenario what a handle does not allow
      open file O_RDONLY -> r
      open file O_WRONLY -> w
      setlk r WR 0 0
      setlk w RD 0 0
      setlk r RD 0 0
      setlk w WR 0 0
      setlk r RD -1 1
      setlk r RD 10 -5
      getlk w UN 0 0
      open dir O_RDONLY -> d
      setlk d RD 0 0
      setlk d WR 0 0
      open file O_PATH -> o
      setlk o RD 0 0

      scenario locks of open files
      peer open file O_RDWR -> p
      open file O_RDWR -> a
      open file O_RDWR -> b
      ofd-setlk a WR 0 10
      ofd-setlk b WR 5 10
      ofd-getlk b RD 0 0
      ofd-setlk b WR 10 10
      peer ofd-setlk p RD 0 1
      peer getlk p RD 0 0
      setlk a WR 12 1
      close a
      ofd-setlk b WR 0 10
      peer ofd-getlk p RD 0 0
      close b
      peer ofd-setlk p WR 0 0

      scenario waiting for the lock of an open file
      peer open file O_RDWR -> p
      open file O_RDWR -> h
      ofd-setlk h WR 0 0
      start ofd-setlkw p RD 0 0
      waiting
      close h
      join

      scenario the kinds of locks
      open file O_RDWR -> h
      flock h EX
      setlk h WR 0 0
      peer open file O_RDWR -> p
      peer flock p EX,NB
      peer setlk p WR 0 0
      flock h UN
      peer flock p EX,NB
      peer setlk p WR 0 0

      scenario a lock stays when the file is changed, renamed and written
      open file O_RDWR -> h
      setlk h WR 0 0
      flock h EX
      write h FIRST
      rename file new
      chmod new 0600
      peer open new O_RDWR -> p
      peer setlk p WR 0 0
      peer flock p SH,NB
      link new linked
      peer open linked O_RDWR -> l
      peer flock l SH,NB
      peer setlk l RD 0 0

      scenario a lock for reading, then somebody writes
      open file O_RDONLY -> r
      flock r SH
      open file O_RDWR -> w
      flock w EX,NB
      write w FIRST
      dup w -> d
      flock d EX,NB
      peer open file O_RDWR -> p
      peer flock p EX,NB
      peer flock p SH,NB
      flock r UN
      peer flock p UN
      flock d EX,NB

      scenario a process's lock for reading, then another writes
      open file O_RDONLY -> r
      setlk r RD 0 0
      peer open file O_RDWR -> p
      peer setlk p WR 0 0
      peer write p FIRST
      peer getlk p WR 0 0
      peer setlk p RD 0 0
      setlk r UN 0 0
      peer setlk p WR 0 100

      """)
}
