//! The policies of s2n-tls, and its deprecated policy names.
//!
//! A row has the names of the policy, its minimum version, and its lists of cipher suites, groups
//! and signature schemes. Fields that few policies set follow with their names.

use super::{CertificateKey, Definition, Group, groups, rows, schemes, suites};
use crate::base::Version;

rows! {
    ["default", "20251014"] Tls12, V20251014, V20251014, V20251014;
    ["default_tls13", "20240503"] Tls12,
        V20240503, V20240503, V20251014, certificate_schemes: Some(schemes::V20240503);
    ["default_fips", "20251015"] Tls12,
        V20251015, V20251015, V20251014, certificate_schemes: Some(schemes::V20240503);
    ["default_pq", "20250721"] Tls12,
        V20240503, V20251014, V20250721, certificate_schemes: Some(schemes::V20250721_CHAIN);
    ["20241106"] Tls12, V20241106, V20241106, V20241106;
    ["20240501"] Tls12, V20240501, V20240503, V20251014;
    ["20240502"] Tls12,
        V20240501, V20240502, V20251014, certificate_schemes: Some(schemes::V20240503);
    ["20230317"] Tls12,
        V20230317, V20240502, V20230317, certificate_schemes: Some(schemes::V20230317);
    ["20230317_pq"] Tls12,
        V20230317, V20251015, V20230317, certificate_schemes: Some(schemes::V20230317);
    ["20240331"] Tls12,
        V20240501, V20240502, V20230317, certificate_schemes: Some(schemes::V20230317);
    ["20240417"] Tls10,
        V20240417, V20241106, V20241106, certificate_schemes: Some(schemes::V20240503);
    ["20240416"] Tls12,
        V20240416, V20240416, V20240416, certificate_schemes: Some(schemes::V20240416);
    ["20241001"] Tls12,
        V20240503, V20241001, V20251014, certificate_schemes: Some(schemes::V20240503);
    ["20250512"] Tls12,
        V20240503, V20241001, V20250721, certificate_schemes: Some(schemes::V20250721_CHAIN);
    ["20241001_pq_mixed"] Tls12,
        V20240503, V20241001, V20251014, certificate_schemes: Some(schemes::V20240503);
    ["TLS12_20261021_1"] Tls12, TLS12_20261021_1, TLS12_20261021_1, TLS12_20261021_1;
    ["TLS10_20261021_1"] Tls10, TLS10_20261021_1, TLS12_20261021_1, TLS12_20261021_1;
    ["TLS10_20261021_2"] Tls10, TLS12_20261021_1, TLS12_20261021_1, TLS12_20261021_1;
    ["TLS10_20261021_3"] Tls10, TLS10_20261021_3, TLS12_20261021_1, TLS12_20261021_1;
    ["TLS10_20261021_4"] Tls10, TLS10_20261021_4, TLS12_20261021_1, TLS12_20261021_1;
    ["ELBSecurityPolicy-TLS-1-0-2015-04"] Tls10, ELB_TLS_1_0_2015_04, V20240416, V20140601;
    ["ELBSecurityPolicy-TLS-1-0-2015-05", "ELBSecurityPolicy-2016-08"] Tls10,
        ELB_TLS_1_0_2015_05, V20240416, V20140601;
    ["ELBSecurityPolicy-TLS-1-1-2017-01"] Tls11, ELB_TLS_1_0_2015_05, V20240416, V20140601;
    ["ELBSecurityPolicy-TLS-1-2-2017-01"] Tls12, ELB_TLS_1_2_2017_01, V20240416, V20140601;
    ["ELBSecurityPolicy-TLS-1-2-Ext-2018-06"] Tls12, ELB_TLS_1_0_2015_05, V20240416, V20140601;
    ["ELBSecurityPolicy-FS-2018-06"] Tls10, ELB_FS_2018_06, V20240416, V20140601;
    ["ELBSecurityPolicy-FS-1-2-2019-08"] Tls12, ELB_FS_2018_06, V20240416, V20140601;
    ["ELBSecurityPolicy-FS-1-1-2019-08"] Tls11, ELB_FS_2018_06, V20240416, V20140601;
    ["ELBSecurityPolicy-FS-1-2-Res-2019-08"] Tls12, ELB_FS_1_2_RES_2019_08, V20240416, V20140601;
    ["ELBSecurityPolicy-TLS13-1-3-CNSA2-INTEROP1-FIPS-PQ-2026-07", "20260720"] Tls13,
        V20260720, V20260720, V20260720, certificate_schemes: Some(schemes::V20260720_CHAIN);
    ["ELBSecurityPolicy-TLS13-1-2-CNSA2-INTEROP2-FIPS-PQ-2026-07", "20260220", "cnsa_1_2_interop"]
        Tls12,
        V20260220, V20260720, V20260720, certificate_schemes: Some(schemes::V20260720_CHAIN);
    ["ELBSecurityPolicy-TLS13-1-2-CNSA2-INTEROP3-FIPS-PQ-2026-07", "20260722"] Tls12,
        V20260722, V20260722, V20260722, certificate_schemes: Some(schemes::V20260722),
        strongly_preferred: Some(Group::P384);
    ["ELBSecurityPolicy-FS-1-2-Res-2020-10"] Tls12, ELB_FS_1_2_RES_2020_10, V20240502, V20140601;
    ["ELBSecurityPolicy-Backend-2016-08"] Tls10, ELB_TLS_1_0_2015_05, V20240502, V20140601;
    ["ELBSecurityPolicy-SSLv3-2013-12"] Ssl3, ELB_SSLV3_2013_12, V20240502, V20140601;
    ["ELBSecurityPolicy-TLS-1-1-Res-2017-01"] Tls11, ELB_TLS_1_1_RES_2017_01, V20240502, V20140601;
    ["ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04"] Tls10,
        ELB_TLS13_1_0_FIPS_2023_04, V20240502, ELB_TLS13_1_0_FIPS_2023_04,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04"] Tls11,
        ELB_TLS13_1_0_FIPS_2023_04, V20240502, ELB_TLS13_1_0_FIPS_2023_04,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04"] Tls12,
        ELB_TLS13_1_2_FIPS_2023_04, V20240502, ELB_TLS13_1_0_FIPS_2023_04,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04"] Tls12,
        ELB_TLS13_1_2_EXT0_FIPS_2023_04, V20240502, ELB_TLS13_1_0_FIPS_2023_04,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-2023-04"] Tls12,
        ELB_TLS13_1_2_EXT1_FIPS_2023_04, V20240502, ELB_TLS13_1_0_FIPS_2023_04,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-2023-04"] Tls12,
        ELB_TLS13_1_0_FIPS_2023_04, V20240502, ELB_TLS13_1_0_FIPS_2023_04,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04"] Tls12,
        ELB_TLS13_1_2_RES_FIPS_2023_04, V20240502, ELB_TLS13_1_0_FIPS_2023_04,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04"] Tls13,
        ELB_TLS13_1_3_FIPS_2023_04, V20240502, ELB_TLS13_1_0_FIPS_2023_04,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-2-RFC9151-FIPS-2023-07"] Tls12,
        V20260220, V20210816, V20250211, certificate_schemes: Some(schemes::V20250429);
    ["ELBSecurityPolicy-TLS13-1-2-Ext0-RFC9151-FIPS-2023-07"] Tls12,
        ELB_TLS13_1_2_EXT0_RFC9151_FIPS_2023_07, V20210816, V20250211,
        certificate_schemes: Some(schemes::V20250429);
    ["ELBSecurityPolicy-TLS13-1-3-RFC9151-FIPS-2023-07"] Tls13,
        V20260720, V20210816, V20250211, certificate_schemes: Some(schemes::V20250429);
    ["ELBSecurityPolicy-TLS13-1-2-RFC9151-INTEROP1-FIPS-2023-07", "20251113"] Tls12,
        V20251113, V20251113, V20251113, certificate_schemes: Some(schemes::V20251113),
        strongly_preferred: Some(Group::P384);
    ["ELBSecurityPolicy-TLS13-1-2-RFC9151-INTEROP2-FIPS-2023-07", "20251117"] Tls12,
        V20251117, V20251113, V20251113, certificate_schemes: Some(schemes::V20251113),
        strongly_preferred: Some(Group::P384);
    ["ELBSecurityPolicy-TLS13-1-2-RFC9151-INTEROP3-FIPS-2023-07", "20251114"] Tls12,
        V20251114, V20251113, V20251113, certificate_schemes: Some(schemes::V20251113),
        strongly_preferred: Some(Group::P384);
    ["ELBSecurityPolicy-TLS13-1-2-RFC9151-INTEROP4-FIPS-2023-07", "20251115"] Tls12,
        V20260722, V20251113, V20251113, certificate_schemes: Some(schemes::V20251113),
        strongly_preferred: Some(Group::P384);
    ["ELBSecurityPolicy-TLS12-1-2-RFC9151-2024-01"] Tls12,
        ELB_TLS12_1_2_RFC9151_2024_01, V20210816, V20250429,
        certificate_schemes: Some(schemes::V20250429);
    ["ELBSecurityPolicy-TLS12-1-2-Ext0-RFC9151-2024-01"] Tls12,
        ELB_TLS12_1_2_EXT0_RFC9151_2024_01, V20210816, V20250429,
        certificate_schemes: Some(schemes::V20250429);
    ["ELBSecurityPolicy-TLS13-1-0-PQ-2025-09"] Tls10,
        ELB_TLS13_1_0_PQ_2025_09, ELB_TLS13_1_0_PQ_2025_09, ELB_TLS13_1_0_PQ_2025_09,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-2-PQ-2025-09"] Tls12,
        ELB_TLS13_1_2_PQ_2025_09, ELB_TLS13_1_0_PQ_2025_09, V20251014,
        certificate_schemes: Some(schemes::V20251014);
    ["ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"] Tls12,
        ELB_TLS13_1_2_RES_PQ_2025_09, ELB_TLS13_1_0_PQ_2025_09, V20251014,
        certificate_schemes: Some(schemes::V20251014);
    ["ELBSecurityPolicy-TLS13-1-2-Ext1-PQ-2025-09"] Tls12,
        ELB_TLS13_1_2_EXT1_PQ_2025_09, ELB_TLS13_1_0_PQ_2025_09, V20251014,
        certificate_schemes: Some(schemes::V20251014);
    ["ELBSecurityPolicy-TLS13-1-2-Ext2-PQ-2025-09"] Tls12,
        ELB_TLS13_1_0_PQ_2025_09, ELB_TLS13_1_0_PQ_2025_09, ELB_TLS13_1_0_PQ_2025_09,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-3-PQ-2025-09"] Tls13,
        V20200207, ELB_TLS13_1_0_PQ_2025_09, V20251014,
        certificate_schemes: Some(schemes::V20251014);
    ["ELBSecurityPolicy-TLS13-1-0-FIPS-PQ-2025-09"] Tls10,
        ELB_TLS13_1_0_FIPS_2023_04, V20251015, ELB_TLS13_1_0_FIPS_2023_04,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-2-FIPS-PQ-2025-09"] Tls12,
        ELB_TLS13_1_2_FIPS_2023_04, V20251015, V20251014,
        certificate_schemes: Some(schemes::V20251014);
    ["ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-PQ-2025-09"] Tls12,
        ELB_TLS13_1_2_EXT0_FIPS_2023_04, V20251015, V20251014,
        certificate_schemes: Some(schemes::V20251014);
    ["ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-PQ-2025-09"] Tls12,
        ELB_TLS13_1_2_EXT1_FIPS_2023_04, V20251015, V20251014,
        certificate_schemes: Some(schemes::V20251014);
    ["ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-PQ-2025-09"] Tls12,
        ELB_TLS13_1_0_FIPS_2023_04, V20251015, ELB_TLS13_1_0_FIPS_2023_04,
        certificate_schemes: Some(schemes::ELB_TLS13_1_0_FIPS_2023_04);
    ["ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09"] Tls12,
        ELB_TLS13_1_2_RES_FIPS_2023_04, V20251015, V20251014,
        certificate_schemes: Some(schemes::V20251014);
    ["ELBSecurityPolicy-TLS13-1-3-FIPS-PQ-2025-09"] Tls13,
        ELB_TLS13_1_3_FIPS_2023_04, V20251015, V20251014,
        certificate_schemes: Some(schemes::V20251014);
    ["CloudFront-Upstream"] Ssl3, CF_UPSTREAM, CF_UPSTREAM, V20140601;
    ["CloudFront-Upstream-TLS-1-0"] Tls10, CF_UPSTREAM, CF_UPSTREAM, V20140601;
    ["CloudFront-Upstream-TLS-1-1"] Tls11, CF_UPSTREAM, CF_UPSTREAM, V20140601;
    ["CloudFront-Upstream-TLS-1-2"] Tls12, CF_UPSTREAM, CF_UPSTREAM, V20140601;
    ["CloudFront-Upstream-2025"] Ssl3, CF_UPSTREAM_2025, CF_UPSTREAM, ELB_TLS13_1_0_PQ_2025_09;
    ["CloudFront-Upstream-TLS-1-0-2025"] Tls10,
        CF_UPSTREAM_2025, CF_UPSTREAM, ELB_TLS13_1_0_PQ_2025_09;
    ["CloudFront-Upstream-TLS-1-1-2025"] Tls11,
        CF_UPSTREAM_2025, CF_UPSTREAM, ELB_TLS13_1_0_PQ_2025_09;
    ["CloudFront-Upstream-TLS-1-2-2025"] Tls12,
        CF_UPSTREAM_2025, CF_UPSTREAM, ELB_TLS13_1_0_PQ_2025_09;
    ["CloudFront-Upstream-TLS-1-3-2025"] Tls13, V20200207, CF_UPSTREAM, ELB_TLS13_1_0_PQ_2025_09;
    ["CloudFront-Upstream-2025-PQ"] Ssl3,
        CF_UPSTREAM_2025, CF_UPSTREAM_2025_PQ, CF_UPSTREAM_2025_PQ;
    ["CloudFront-Upstream-TLS-1-0-2025-PQ"] Tls10,
        CF_UPSTREAM_2025, CF_UPSTREAM_2025_PQ, CF_UPSTREAM_2025_PQ;
    ["CloudFront-Upstream-TLS-1-1-2025-PQ"] Tls11,
        CF_UPSTREAM_2025, CF_UPSTREAM_2025_PQ, CF_UPSTREAM_2025_PQ;
    ["CloudFront-Upstream-TLS-1-2-2025-PQ"] Tls12,
        CF_UPSTREAM_2025, CF_UPSTREAM_2025_PQ, CF_UPSTREAM_2025_PQ;
    ["CloudFront-Upstream-TLS-1-3-2025-PQ"] Tls13,
        V20200207, CF_UPSTREAM_2025_PQ, CF_UPSTREAM_2025_PQ;
    ["CloudFront-SSL-v-3"] Ssl3, CF_SSL_V_3, CF_SSL_V_3, V20241106;
    ["CloudFront-TLS-1-0-2014"] Tls10, CF_TLS_1_0_2014, CF_SSL_V_3, V20241106;
    ["CloudFront-TLS-1-0-2014-sha256"] Tls10, CF_TLS_1_0_2014_SHA256, CF_SSL_V_3, V20241106;
    ["CloudFront-TLS-1-0-2016"] Tls10, V20241106, CF_SSL_V_3, V20241106;
    ["CloudFront-TLS-1-1-2016"] Tls11, V20241106, CF_SSL_V_3, V20241106;
    ["CloudFront-TLS-1-2-2017"] Tls12, CF_TLS_1_2_2017, CF_SSL_V_3, V20241106;
    ["CloudFront-TLS-1-2-2018-no-sha1"] Tls12, CF_TLS_1_2_2018_NO_SHA1, CF_SSL_V_3, V20240503;
    ["CloudFront-TLS-1-2-2019-no-sha1"] Tls12, V20240503, CF_SSL_V_3, V20240503;
    ["CloudFront-TLS-1-2-2021-no-sha1"] Tls12, CF_TLS_1_2_2021_NO_SHA1, CF_SSL_V_3, V20240503;
    ["CloudFront-TLS-1-2-2025"] Tls12,
        ELB_TLS13_1_2_RES_FIPS_2023_04, CF_TLS_1_2_2025, CF_TLS_1_2_2025;
    ["CloudFront-TLS-1-3-2025"] Tls13, V20200207, CF_SSL_V_3, CF_TLS_1_2_2025;
    ["CloudFront-SSL-v-3-no-pq"] Ssl3, CF_SSL_V_3, V20241106, V20241106;
    ["CloudFront-TLS-1-0-2014-no-pq"] Tls10, CF_TLS_1_0_2014, V20241106, V20241106;
    ["CloudFront-TLS-1-0-2014-sha256-no-pq"] Tls10, CF_TLS_1_0_2014_SHA256, V20241106, V20241106;
    ["CloudFront-TLS-1-0-2016-no-pq"] Tls10, V20241106, V20241106, V20241106;
    ["CloudFront-TLS-1-1-2016-no-pq"] Tls11, V20241106, V20241106, V20241106;
    ["CloudFront-TLS-1-2-2017-no-pq"] Tls12, CF_TLS_1_2_2017, V20241106, V20241106;
    ["CloudFront-TLS-1-2-2018-no-sha1-no-pq"] Tls12, CF_TLS_1_2_2018_NO_SHA1, V20241106, V20240503;
    ["CloudFront-TLS-1-2-2019-no-sha1-no-pq"] Tls12, V20240503, V20241106, V20240503;
    ["CloudFront-TLS-1-2-2021-no-sha1-no-pq"] Tls12, CF_TLS_1_2_2021_NO_SHA1, V20241106, V20240503;
    ["CloudFront-TLS-1-2-2025-no-pq"] Tls12,
        ELB_TLS13_1_2_RES_FIPS_2023_04, V20240416, CF_TLS_1_2_2025;
    ["CloudFront-TLS-1-3-2025-no-pq"] Tls13, V20200207, V20241106, CF_TLS_1_2_2025;
    ["CloudFront-TLS-1-0-2014-PQ-Beta"] Tls10, CF_TLS_1_0_2014, CF_SSL_V_3, V20241106;
    ["CloudFront-TLS-1-2-2021-no-sha1-PQ-Beta"] Tls12,
        CF_TLS_1_2_2021_NO_SHA1, CF_SSL_V_3, V20240503;
    ["CloudFront-TLS-1-2-2018-Beta"] Tls12, CF_TLS_1_2_2018_BETA, V20241106, V20241106;
    ["CloudFront-TLS-1-2-2021-Chacha20-Boosted"] Tls12,
        CF_TLS_1_2_2021_NO_SHA1, V20241106, V20241106, boosts_chacha20: true;
    ["CloudFront-SSL-v-3-Legacy"] Ssl3, CF_SSL_V_3_LEGACY, V20240416, V20140601;
    ["CloudFront-TLS-1-0-2014-Legacy"] Tls10, CF_TLS_1_0_2014_LEGACY, V20240416, V20140601;
    ["CloudFront-TLS-1-0-2016-Legacy"] Tls10, CF_TLS_1_0_2016_LEGACY, V20240416, V20140601;
    ["CloudFront-TLS-1-1-2016-Legacy"] Tls11, CF_TLS_1_0_2016_LEGACY, V20240416, V20140601;
    ["CloudFront-TLS-1-2-2018-Legacy"] Tls12, CF_TLS_1_2_2018_LEGACY, V20240416, V20140601;
    ["CloudFront-TLS-1-2-2019-Legacy"] Tls12, CF_TLS_1_2_2019_LEGACY, V20240416, V20140601;
    ["CloudFront-TLS-1-2-2018"] Tls12, CF_TLS_1_2_2018_NO_SHA1, V20241106, V20241106;
    ["CloudFront-TLS-1-2-2019"] Tls12, V20240503, V20241106, V20241106;
    ["CloudFront-TLS-1-2-2021"] Tls12, CF_TLS_1_2_2021_NO_SHA1, V20241106, V20241106;
    ["CloudFront-TLS-1-2-2021-PQ"] Tls12, CF_TLS_1_2_2021_NO_SHA1, CF_TLS_1_2_2021_PQ, V20241106;
    ["AWS-CRT-SDK-SSLv3.0"] Ssl3, CRT_SSLV3_0, V20241106, V20241106;
    ["AWS-CRT-SDK-TLSv1.0"] Tls10, CRT_TLSV1_0, V20241106, V20241106;
    ["AWS-CRT-SDK-TLSv1.1"] Tls11, CRT_TLSV1_0, V20241106, V20241106;
    ["AWS-CRT-SDK-TLSv1.2"] Tls12, CRT_TLSV1_0, V20241106, V20241106;
    ["AWS-CRT-SDK-TLSv1.3"] Tls13, V20200207, V20241106, V20241106;
    ["AWS-CRT-SDK-SSLv3.0-2023"] Ssl3, CRT_SSLV3_0, CF_UPSTREAM, V20241106;
    ["AWS-CRT-SDK-TLSv1.0-2023"] Tls10, CRT_TLSV1_0, CF_UPSTREAM, V20241106;
    ["AWS-CRT-SDK-TLSv1.0-2025-PQ"] Tls10, CRT_TLSV1_0, CRT_TLSV1_0_2025_PQ, V20241106;
    ["AWS-CRT-SDK-TLSv1.1-2023"] Tls11, CRT_TLSV1_0, CF_UPSTREAM, V20241106;
    ["AWS-CRT-SDK-TLSv1.2-2023"] Tls12, CRT_TLSV1_0, CF_UPSTREAM, V20241106;
    ["AWS-CRT-SDK-TLSv1.2-2023-PQ"] Tls12, CRT_TLSV1_0, CRT_TLSV1_0_2025_PQ, V20241106;
    ["AWS-CRT-SDK-TLSv1.2-2025"] Tls12, ELB_TLS13_1_2_RES_FIPS_2023_04, V20240416, V20251014;
    ["AWS-CRT-SDK-TLSv1.2-2025-PQ"] Tls12, CRT_TLSV1_0, CRT_TLSV1_0_2025_PQ, V20241106;
    ["AWS-CRT-SDK-TLSv1.3-2023"] Tls13, V20200207, CF_UPSTREAM, V20241106;
    ["AWS-CRT-SDK-TLSv1.3-2025-PQ"] Tls13, V20200207, CRT_TLSV1_0_2025_PQ, V20241106;
    ["KMS-TLS-1-0-2018-10"] Tls10, KMS_TLS_1_0_2018_10, V20240416, V20140601;
    ["KMS-TLS-1-0-2021-08"] Tls10, KMS_TLS_1_0_2021_08, V20241106, V20241106;
    ["KMS-TLS-1-2-2023-06"] Tls12, KMS_TLS_1_0_2021_08, V20241106, V20241106;
    ["KMS-FIPS-TLS-1-2-2018-10"] Tls12, KMS_FIPS_TLS_1_2_2018_10, V20240416, V20140601;
    ["KMS-FIPS-TLS-1-2-2021-08"] Tls12, KMS_FIPS_TLS_1_2_2021_08, V20240416, V20241106;
    ["KMS-FIPS-TLS-1-2-2024-10"] Tls12, KMS_FIPS_TLS_1_2_2021_08, V20260520, V20230317;
    ["20170816_healthcheck"] Tls10, V20170816_HEALTHCHECK, V20240416, V20140601;
    ["KMS-TLS-1-2-2023-07"] Tls12, KMS_TLS_1_2_2023_07, V20240416, V20241106;
    ["KMS-FIPS-TLS-1-2-2023-09"] Tls12, KMS_FIPS_TLS_1_2_2021_08, V20240416, V20240503;
    ["PQ-TLS-1-2-2024-10-07"] Tls12, PQ_TLS_1_2_2024_10_07, CF_SSL_V_3, V20241106;
    ["PQ-TLS-1-2-2024-10-08"] Tls12, PQ_TLS_1_2_2024_10_08, CF_SSL_V_3, V20241106;
    ["PQ-TLS-1-2-2024-10-08_gcm"] Tls12, PQ_TLS_1_2_2024_10_08_GCM, CF_SSL_V_3, V20241106;
    ["PQ-TLS-1-2-2024-10-09"] Tls12, PQ_TLS_1_2_2024_10_09, CF_SSL_V_3, V20241106;
    ["20140601"] Ssl3, V20140601, V20240416, V20140601;
    ["20141001"] Tls10, V20140601, V20240416, V20140601;
    ["20150202"] Tls10, V20150202, V20240416, V20140601;
    ["20150214"] Tls10, V20150214, V20240416, V20140601;
    ["20150306"] Tls10, V20150306, V20240416, V20140601;
    ["20160411"] Tls10, V20160411, V20240416, V20140601;
    ["20160804"] Tls10, V20160804, V20240416, V20140601;
    ["20160824"] Tls10, V20160824, V20240416, V20140601;
    ["20170210"] Tls10, V20170210, V20240416, V20140601;
    ["20170328"] Tls10, V20170328, V20240416, V20140601;
    ["20170328_gcm"] Tls10, V20170328_GCM, V20240416, V20140601;
    ["20190214"] Tls10, V20190214, V20240416, V20140601;
    ["20190214_gcm"] Tls10, V20190214_GCM, V20240416, V20140601;
    ["20210825"] Tls10, V20210825, V20241106, V20241106;
    ["20210825_gcm"] Tls10, V20210825_GCM, V20241106, V20241106;
    ["20170405"] Tls10, V20170405, V20240416, V20140601;
    ["20170405_gcm"] Tls10, V20170405_GCM, V20240416, V20140601;
    ["20170718"] Tls10, V20170718, V20240416, V20140601;
    ["20170718_gcm"] Tls10, V20170718_GCM, V20240416, V20140601;
    ["20190120"] Tls10, V20190120, V20240416, V20140601;
    ["20190121"] Tls10, V20190121, V20240416, V20140601;
    ["20190122"] Tls10, V20190122, V20240416, V20140601;
    ["20190801"] Tls10, V20190801, V20241106, V20241106;
    ["20190802"] Tls10, V20190801, V20240416, V20241106;
    ["20200207"] Ssl3, V20200207, V20200207, V20241106;
    ["20200207_pq"] Ssl3, V20200207, ELB_TLS13_1_0_PQ_2025_09, V20241106;
    ["20201021"] Tls10, V20190122, V20240502, V20241106;
    ["20210816"] Tls12, V20210816, V20210816, V20210816;
    ["20210422_INTB"] Tls12, V20210816, V20210816, V20210816;
    ["20210422_INTB_gcm"] Tls12, V20210422_INTB_GCM, V20210816, V20210816;
    ["20210816_GCM"] Tls12, V20210422_INTB_GCM, V20210816, V20210816;
    ["20240603"] Tls12,
        V20240603, V20200207, V20251014, certificate_schemes: Some(schemes::V20240503),
        boosts_chacha20: true;
    ["20250211"] Tls13,
        V20260720, V20210816, V20250211, certificate_schemes: Some(schemes::V20240503);
    ["20250414"] Tls13,
        V20260720, V20210816, V20251014, certificate_schemes: Some(schemes::V20240503);
    ["20250429"] Tls12,
        V20250429, V20210816, V20250211, certificate_schemes: Some(schemes::V20250429),
        certificate_keys: Some(keys::CNSA_1), checks_local_certificates: true;
    ["20251013", "rfc9151", "cnsa_1"] Tls12,
        V20260220, V20210816, V20250211, certificate_schemes: Some(schemes::V20250429),
        certificate_keys: Some(keys::CNSA_1), checks_local_certificates: true;
    ["20251116"] Tls10,
        V20251116, V20251113, V20251113, certificate_schemes: Some(schemes::V20251113),
        strongly_preferred: Some(Group::P384);
    ["20260219", "cnsa_2"] Tls13,
        V20260720, V20260219, V20260219, certificate_schemes: Some(schemes::V20260219),
        certificate_keys: Some(keys::CNSA_2), checks_local_certificates: true;
    ["20260513"] Tls13,
        V20260720, V20260720, V20260513, certificate_schemes: Some(schemes::V20260513_CHAIN);
    ["20260520"] Tls10, V20260520, V20260520, V20241106;
    ["20260520_gcm"] Tls10, V20260520_GCM, V20260520, V20241106;
    ["20260521"] Tls12, V20260521, V20260520, V20241106;
    ["20260521_gcm"] Tls12, V20260521_GCM, V20260520, V20241106;
    ["20260522"] Tls12, V20260522, V20260520, V20241106;
    ["20260522_gcm"] Tls12, V20260522_GCM, V20260520, V20241106;
    ["20260523"] Tls12, V20260523, V20260520, V20260523;
    ["20260523_gcm"] Tls12, V20260523_GCM, V20260520, V20260523;
    ["test_all"] Ssl3, TEST_ALL, TEST_ALL, TEST_ALL;
    ["test_all_fips"] Tls12, TEST_ALL_FIPS, TEST_ALL_FIPS, TEST_ALL_FIPS;
    ["test_all_ecdsa"] Tls10, TEST_ALL_ECDSA, V20200207, V20241106;
    ["test_all_rsa_kex"] Tls10, TEST_ALL_RSA_KEX, V20240416, V20140601;
    ["test_ecdsa_priority"] Ssl3, TEST_ECDSA_PRIORITY, V20200207, V20241106;
    ["test_all_tls12"] Ssl3, TEST_ALL_TLS12, V20240502, V20241106;
    ["test_all_tls13"] Ssl3, V20200207, V20200207, TEST_ALL;
    ["test_pq_only"] Tls13,
        V20200207, TEST_PQ_ONLY, V20251014, certificate_schemes: Some(schemes::V20251014);
    ["null"] Tls10, NULL, NULL, NULL;
}

/// The deprecated names, which are rejected with a separate error.
pub(in crate::policy) static DEPRECATED: &[&str] = &[
    "KMS-PQ-TLS-1-0-2019-06",
    "KMS-PQ-TLS-1-0-2020-02",
    "KMS-PQ-TLS-1-0-2020-07",
    "PQ-TLS-1-0-2020-12",
    "PQ-TLS-1-1-2021-05-17",
    "PQ-TLS-1-0-2021-05-18",
    "PQ-TLS-1-0-2021-05-19",
    "PQ-TLS-1-0-2021-05-20",
    "PQ-TLS-1-1-2021-05-21",
    "PQ-TLS-1-0-2021-05-22",
    "PQ-TLS-1-0-2021-05-23",
    "PQ-TLS-1-0-2021-05-24",
    "PQ-TLS-1-0-2021-05-25",
    "PQ-TLS-1-0-2021-05-26",
    "PQ-TLS-1-0-2023-01-24",
    "PQ-TLS-1-2-2023-04-07",
    "PQ-TLS-1-2-2023-04-08",
    "PQ-TLS-1-2-2023-04-09",
    "PQ-TLS-1-2-2023-04-10",
    "PQ-TLS-1-3-2023-06-01",
    "PQ-TLS-1-2-2023-10-07",
    "PQ-TLS-1-2-2023-10-08",
    "PQ-TLS-1-2-2023-10-09",
    "PQ-TLS-1-2-2023-10-10",
    "PQ-TLS-1-2-2023-12-13",
    "PQ-TLS-1-2-2023-12-14",
    "PQ-TLS-1-2-2023-12-15",
    "PQ-SIKE-TEST-TLS-1-0-2019-11",
    "PQ-SIKE-TEST-TLS-1-0-2020-02",
    "20240730",
];

mod keys {
    use super::CertificateKey::{self, *};

    pub const CNSA_1: &[CertificateKey] = &[EcdsaP384, Rsa3072, Rsa4096, RsaPss3072, RsaPss4096];
    pub const CNSA_2: &[CertificateKey] = &[MlDsa87];
}
