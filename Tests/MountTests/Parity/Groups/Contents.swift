extension ScenarioGroup {
  /// read(2), write(2) and their kind, truncate(2).
  static let contents = ScenarioGroup(
    name: "contents",
    script: """
      scenario reading
      open file O_RDONLY -> h
      read h 0
      read h 6
      read h 100
      read h 100
      pread h 5 6
      pread h 100 20
      pread h 10 29
      pread h 10 1000
      pread h 10 -1
      lseek h 0 CUR
      open empty O_RDONLY -> e
      read e 10
      open big O_RDONLY -> b
      pread b 10 69998
      lseek b -3 END
      read b 10

      scenario writing
      open file O_RDWR -> h
      write h FIRST
      lseek h 0 CUR
      write h @empty
      pwrite h 10 there
      lseek h 0 CUR
      pwrite h 29 end
      pwrite h -1 x
      cat file
      stat file size
      pread h 10 25
      lseek h 0 END
      write h more
      stat file size

      scenario writing beyond the end
      open file O_RDWR -> h
      pwrite h 40 x
      cat file
      lseek h 10000 SET
      write h y
      stat file size
      pread h 10 9995
      pread h 20 38
      open empty O_WRONLY -> e
      pwrite e 100000 z
      stat empty size,blocks
      open empty O_RDONLY -> r
      pread r 10 0
      pread r 10 99995

      scenario in the middle of a file that was there
      open big O_RDWR -> b
      pwrite b 70000 middle
      pread b 20 69990
      pread b 10 0
      pread b 10 139990
      stat big size
      cat big

      scenario bytes that are not there
      open file O_WRONLY -> h
      write-fault h 10
      write-fault h 0
      lseek h 0 CUR
      stat file size

      scenario at the end by pwritev2
      open file O_RDWR -> h
      pwritev2 h 0 APPEND end
      pwritev2 h 2 - XY
      pwritev2 h 0 DSYNC a
      pwritev2 h 0 SYNC b
      lseek h 0 CUR
      cat file

      scenario readers see what writers wrote
      open file O_RDONLY -> r
      read r 5
      open file O_WRONLY -> w
      open file O_RDONLY -> late
      pwrite w 0 FIRST
      pread late 5 0
      cat file
      peer cat file
      pwrite w 29 appended
      pread late 20 29
      fstat late size
      truncate file 4
      pread late 20 0
      fstat late size
      fstat w size

      scenario readers and writers of a new file
      open new O_CREAT,O_RDWR -> w
      open new O_RDONLY -> r
      write w one
      read r 10
      write w two
      read r 10
      peer open new O_RDWR -> p
      peer pwrite p 0 ONE
      pread r 10 0
      ftruncate w 1
      pread r 10 0
      fstat r size
      peer read p 10

      scenario positions
      open file O_RDONLY -> h
      lseek h 5 SET
      lseek h 5 CUR
      lseek h -5 END
      lseek h -100 END
      lseek h -100 CUR
      lseek h -1 SET
      lseek h 1000000 SET
      read h 10
      lseek h 0 NONE
      open dir O_RDONLY -> d
      lseek d 0 SET

      scenario truncating down
      truncate file 5
      cat file
      stat file size
      truncate file 5
      truncate file 0
      cat file
      stat file size,blocks
      truncate big 70000
      stat big size
      truncate big 10
      cat big
      truncate dir/inner 3
      cat dir/inner

      scenario truncating up gives zeros
      truncate file 40
      cat file
      truncate file 10
      truncate file 20
      cat file
      truncate empty 8192
      stat empty size,blocks
      open empty O_RDWR -> e
      pread e 8192 0
      ftruncate e 4097
      pwrite e 4096 x
      ftruncate e 4096
      ftruncate e 4100
      pread e 10 4094
      truncate big 69999
      truncate big 70009
      open big O_RDONLY -> b
      pread b 20 69990

      scenario truncating through an open file
      open file O_RDWR -> h
      open file O_RDONLY -> r
      ftruncate h 5
      fstat r size
      pread r 10 0
      lseek h 10 SET
      ftruncate h 8
      write h x
      cat file
      ftruncate r 0
      ftruncate h -1
      truncate file -1

      scenario truncating what is no file
      symlink loop loop
      mkfifo p 0644
      each dir,to-dir,missing,missing/x,file/x,link/x,dangling,loop,loop/x,@empty,@name256 truncate {} 0
      each p,file/,dir/,@path4096:file truncate {} 0
      truncate link 4
      cat file

      scenario who may truncate
      as 1001 truncate file 0
      chmod file 0222
      as 1001 truncate file 5
      chmod file 0444
      as 1001 truncate file 0
      truncate file 3
      chmod dir 0600
      as 1001 truncate dir/inner 0
      chown file 1001 -
      as 1001 truncate file 0
      stat file size

      scenario limits of a process
      limit 50
      open file O_RDWR -> h
      pwrite h 40 0123456789abcdef
      pwrite h 50 x
      pwrite h 100 x
      ftruncate h 51
      ftruncate h 50
      truncate file 60
      stat file size
      limit none
      truncate file 60
      stat file size

      scenario copying between files
      open file O_RDWR -> f
      open big O_RDONLY -> b
      open new O_CREAT,O_RDWR -> n
      copy_file_range b 0 n 0 100000
      stat new size
      pread n 10 69998
      copy_file_range f 0 n 10 5
      pread n 20 0
      copy_file_range f 100 n 0 5
      copy_file_range f 20 n 0 100
      copy_file_range f 0 f 2 5
      copy_file_range f 0 f 100 5
      copy_file_range n 0 b 0 5
      open file O_WRONLY,O_APPEND -> a
      copy_file_range n 0 a 0 5
      open dir O_RDONLY -> d
      copy_file_range d 0 f 0 5
      copy_file_range f 0 d 0 5
      copy_file_range f 0 n 0 0
      cat file

      scenario copying from where somebody else has written since
      open big O_RDONLY -> r
      open big O_WRONLY -> w
      pwrite w 0 written
      open empty O_RDWR -> e
      copy_file_range r 1000 e 0 100
      pread e 200 0
      lseek r 0 DATA
      lseek r 0 HOLE
      truncate big 5
      stat big size

      scenario sendfile
      open big O_RDONLY -> b
      open file O_RDWR -> f
      sendfile f b 69995 10
      cat file
      sendfile f b 200000 10
      sendfile b f 0 10
      open new O_CREAT,O_RDWR -> n
      sendfile n f 0 29
      sendfile n f 0 29
      cat new
      open empty O_WRONLY,O_APPEND -> a
      sendfile a b 0 10

      scenario syncs
      open file O_RDWR -> h
      open file O_RDONLY -> r
      open dir O_RDONLY -> d
      write h FIRST
      each h,r,d fsync {}
      each h,r,d fdatasync {}
      syncfs r
      open new O_CREAT,O_RDWR -> n
      write n text
      fsync n
      open . O_RDONLY -> home
      fsync home
      unlink new
      fsync n
      fsync home
      mkfifo p 0644
      open p O_RDWR -> p
      fsync p

      scenario advice
      open big O_RDONLY -> h
      each WILLNEED,SEQUENTIAL,DONTNEED posix_fadvise h {}
      pread h 10 69998
      open big O_RDWR -> w
      pwrite w 100 written
      posix_fadvise w DONTNEED
      pread h 10 100
      cat big

      scenario writing a lot
      open new O_CREAT,O_RDWR -> h
      write h @fill1000000:a
      write h @fill1000000:b
      pread h 4 999998
      stat new size,blocks
      pwrite h 500000 @fill10:c
      pread h 14 499998
      truncate new 999999
      cat new
      open big O_WRONLY,O_TRUNC -> b
      write b @fill300000:x
      cat big
      open big O_WRONLY,O_APPEND -> a
      write a @fill300000:y
      stat big size

      """)
}
