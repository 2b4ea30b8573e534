#!/bin/sh
# What `borderflow analyze` says of generated captures equals their ground truth: flows, packets, bytes, names, apps,
# evidence, tunnels and alerts; also where packets are out of order, lost, doubled or in pieces. Prints TAP.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/against_truth.sh"

against_truth 'plain' plain
against_truth 'IPv6' ipv6
against_truth 'tunnels' tunnels
against_truth 'blocked' blocked
against_truth 'a working day' day
against_truth '5 % out of order' plain --reorder 5
against_truth '1 % lost' plain --lose 1
against_truth '5 % out of order, 1 % lost' day --reorder 5 --lose 1
against_truth 'sent again' plain --retransmit 5
against_truth 'seen twice' plain --double 10
against_truth 'in pieces' plain --fragment 30
against_truth 'in pieces, IPv6' ipv6 --fragment 30
against_truth 'in pieces, in tunnels' tunnels --fragment 30
against_truth 'nanoseconds' plain --nanoseconds --seed 7
finish
