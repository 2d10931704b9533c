//! `gx gpus lease`: anything under a lease.

use super::made_up;

#[test]
fn a_command_finds_its_cards_and_its_exit_code_is_passed_on() {
    let lab = made_up(3);
    let script = "echo $CUDA_VISIBLE_DEVICES $CUDA_DEVICE_ORDER $GX_GPU_UUIDS; cat; exit 7";
    let told =
        lab.gx_with_input(&["gpus", "lease", "--gpus", "2", "--", "sh", "-c", script], "hello\n").exits(7);
    assert_eq!(told.stdout, "0,1 PCI_BUS_ID FIXED-0,FIXED-1\nhello\n");
    assert_eq!(told.stderr, "");
    lab.gx(&["gpus", "lease", "--", "sh", "-c", "kill -9 $$"]).exits(137);
}
