export interface DocumentText {
  readonly lead: string;
  /** A title, then its paragraphs. */
  readonly sections: readonly (readonly [string, ...string[]])[];
}

export const terms: Record<'ko' | 'en', DocumentText> = {
  ko: {
    lead: 'PTSD.ly는 한 사람에게 한 대의 영상 서버를 빌려드리고, 그 서버의 영상을 짧은 주소로 나눌 수 있게 해 드려요.',
    sections: [
      [
        '영상은 회원님의 것이에요',
        '올린 영상의 권리는 그대로 회원님에게 있어요. 저희는 저장하고, 재생하고, 회원님이 만든 링크로 보여 주는 데에만 씁니다.',
      ],
      [
        '올려도 되는 것',
        '올리고 나눌 권리가 있는 영상만 올려 주세요. 다른 사람의 권리를 해치거나 법에 어긋나는 영상의 링크는 내려갈 수 있고, 그때는 이유를 알려 드려요.',
      ],
      [
        '요금제와 한도',
        '요금제마다 저장 공간과 매월 전송량, 동시에 볼 수 있는 사람 수가 정해져 있어요. 저장 공간이 다 차면 새 영상을 올릴 수 없지만, 이미 올린 영상은 그대로 남아요.',
        '언제든 요금제를 그만둘 수 있어요. 그만두면 서버가 멈추고, 정해진 기간이 지나면 영상도 지워져요.',
      ],
      [
        '서비스의 책임',
        '받았다고 알려 드린 바이트를 지키려고 최선을 다해요. 그래도 하나뿐인 영상은 다른 곳에도 보관해 주세요.',
        '점검이나 장애로 잠시 멈출 수 있어요. 그럴 때는 올리던 영상을 끊긴 자리부터 이어 올릴 수 있어요.',
      ],
      [
        '계정 지우기',
        '내 정보에서 언제든 계정을 지울 수 있어요. 서버와 영상, 링크가 모두 지워지고 되돌릴 수 없어요.',
      ],
      ['약관이 바뀌면', '바뀌기 전에 알려 드리고, 다음에 들어오실 때 다시 동의를 여쭤봐요.'],
    ],
  },
  en: {
    lead: 'PTSD.ly lends each person a video server of their own, and lets them share its videos by short URLs.',
    sections: [
      [
        'Your videos are yours',
        'All rights to what you upload stay with you. We use it only to store it, to play it, and to show it through the links you make.',
      ],
      [
        'What may be uploaded',
        'Upload only videos that you have the right to upload and to share. Links to videos that harm the rights of others or break the law may be taken down; we will tell you why.',
      ],
      [
        'Plans and limits',
        'Each plan has a storage size, a monthly amount of transfer and a number of viewers at once. When the storage is full you cannot add videos, but those that are there stay.',
        'You may stop at any time. Then your server stops, and after a fixed time its videos are deleted.',
      ],
      [
        'What we answer for',
        'We do our best to keep every byte that we have told you has arrived. Still, please keep the only copy of a video in a second place as well.',
        'The service may pause for maintenance or trouble. Uploads then go on where they stopped.',
      ],
      [
        'Deleting your account',
        'You can delete your account on your page at any time. Server, videos and links are deleted, and this cannot be undone.',
      ],
      ['When these terms change', 'We tell you before, and ask for your consent when you next come in.'],
    ],
  },
};

export const privacy: Record<'ko' | 'en', DocumentText> = {
  ko: {
    lead: '꼭 필요한 것만 받고, 다른 곳에 팔거나 넘기지 않아요. 광고와 외부 추적 도구를 쓰지 않아요.',
    sections: [
      [
        '받는 것',
        '가입할 때 이름과 이메일, 비밀번호를 받아요. 비밀번호는 되돌릴 수 없는 형태로만 저장해요. Google이나 카카오로 가입하면 그쪽에서 이름과 이메일, 프로필 사진을 받아요.',
        '올린 영상과 그 정보(파일 이름, 길이, 크기), 만든 링크를 저장해요.',
      ],
      [
        '쓰는 곳',
        '로그인, 서버를 켜고 영상을 재생하는 일, 링크를 보여 주는 일, 요금을 계산하는 일에만 써요.',
      ],
      [
        '링크로 보는 사람',
        '링크를 연 사람의 주소를 저장하지 않아요. 몇 번 열렸는지만 세고, 같은 사람을 두 번 세지 않으려고 10분 동안만 그 링크에 쿠키를 하나 둬요. 추적 거부(DNT, GPC) 신호를 지켜요.',
      ],
      [
        '쿠키와 이 기기에 남는 것',
        '로그인을 유지하는 쿠키 하나와, 언어 같은 설정, 이어 올리기에 필요한 업로드 주소만 남아요.',
      ],
      [
        '보관과 삭제',
        '계정을 지우면 이름, 이메일, 영상, 링크가 모두 지워지고, 무엇이 지워졌는지 확인서로 알려 드려요. 법으로 보관해야 하는 결제 기록만 정해진 기간 동안 남아요.',
      ],
      [
        '회원님의 권리',
        '언제든 내 정보를 보고, 고치고, 지울 수 있어요. 올린 원본은 언제든 그대로 내려받을 수 있어요.',
      ],
    ],
  },
  en: {
    lead: 'We take only what is needed, and sell or hand on none of it. There are no ads and no outside trackers.',
    sections: [
      [
        'What we take',
        'When you sign up: your name, e-mail address and password. The password is kept only in a form that cannot be turned back. With Google or Kakao we receive your name, e-mail address and picture from them.',
        'We store the videos you upload with their facts (file name, length, size), and the links you make.',
      ],
      [
        'What it is used for',
        'Only for signing in, running your server and playing your videos, showing your links, and billing.',
      ],
      [
        'People who open links',
        'We do not store their addresses. We only count how often a link was opened; so as not to count one person twice, a cookie stays on that link for 10 minutes. We honour signals against tracking (DNT, GPC).',
      ],
      [
        'Cookies and what stays on this device',
        'One cookie that keeps you signed in, settings such as the language, and the addresses that let uploads go on.',
      ],
      [
        'Keeping and deleting',
        'When you delete your account, name, e-mail address, videos and links are deleted, and a receipt tells you what has gone. Only billing records that the law makes us keep stay, for the time it sets.',
      ],
      [
        'Your rights',
        'You can see, change and delete your data at any time, and download your originals exactly as they were.',
      ],
    ],
  },
};
