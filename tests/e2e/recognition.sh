#!/bin/sh
# What `borderflow analyze` recognises in generated traffic that hides, cuts and disguises its names: apps, categories,
# the four countries, protocols, and why a name is missing. Prints TAP.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/against_truth.sh"

against_truth 'hellos' hellos
against_truth 'hellos, 3 % lost' hellos --lose 3 --seed 5
against_truth 'hellos, seen twice' hellos --double 20 --seed 7
against_truth 'formats' formats
against_truth 'formats, other bytes' formats --seed 11
against_truth 'formats, 2 % lost' formats --lose 2 --seed 3
against_truth 'TikTok' tiktok
against_truth 'TikTok, other bytes' tiktok --seed 4
against_truth 'TikTok, 5 % out of order' tiktok --reorder 5 --seed 5
against_truth 'TikTok, 2 % lost' tiktok --lose 2 --seed 6
finish
